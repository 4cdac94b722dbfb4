/** The text as a sentence or a line begins with it. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
