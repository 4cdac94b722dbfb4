/** Stands in records, logs and comparisons of people, hence of characters alone that are there and can be seen. */
const SUBJECT = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u

/** Whether a text may be what an identity provider calls a person. */
export function isSubject(text: string): boolean {
  return SUBJECT.test(text)
}
