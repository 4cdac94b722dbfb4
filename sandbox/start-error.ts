/** The world cannot start for a reason that a person can remove. The message is one line and says how. */
export class SandboxStartError extends Error {
  override readonly name = 'SandboxStartError'
}
