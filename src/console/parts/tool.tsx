import { toolText } from './tool-text.js'

/** The way of a leg; what the venue called it stands behind it. */
export function Tool({ name }: { readonly name: string }) {
  const text = toolText(name)
  return text === name ? text : <span title={name}>{text}</span>
}
