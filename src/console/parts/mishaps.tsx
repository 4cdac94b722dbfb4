import { Component, type ReactNode } from 'react'
import { ProblemNotice } from './states.js'

/** A page that breaks says so, and leaves the rest of the console standing. */
export class Mishaps extends Component<{ readonly children: ReactNode }, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {}

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return <ProblemNotice error={this.state.error} onRetry={() => window.location.reload()} />
  }
}
