/** Work that was not waited for any longer. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong'
}

/** What `work` comes to, or a rejection with TookTooLong once it has taken longer than `ms`. The work itself goes on. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} took longer than ${ms} ms.`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
