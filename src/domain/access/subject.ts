const LONGEST_SUBJECT = 255

/** Whether a text is one line of characters alone that are there and can be seen, 1 to `most` of them. */
export function isVisibleLine(text: string, most: number): boolean {
  return new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}]{1,${most}}$`, 'u').test(text)
}

/** Whether a text may be what an identity provider calls a person: it stands in records, logs and comparisons of people. */
export function isSubject(text: string): boolean {
  return isVisibleLine(text, LONGEST_SUBJECT)
}
