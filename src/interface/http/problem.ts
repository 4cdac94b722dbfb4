/** An error as RFC 9457 writes it, with a code from a closed list. */
export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly status: number,
    readonly code: 'invalid-request' | 'unauthorised' | 'not-found' | 'conflict' | 'unavailable' | 'internal',
    readonly detail: string,
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[] = [],
  ) {
    super(detail)
  }

  toJson(): object {
    const title = {
      'invalid-request': 'The request is not valid',
      unauthorised: 'Authentication is required',
      'not-found': 'There is no such thing',
      conflict: 'Something has to be put right first',
      unavailable: 'A needed service does not answer',
      internal: 'Something went wrong on our side',
    }[this.code]
    return {
      type: `urn:evenkeel:problem:${this.code}`,
      title,
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(this.errors.length > 0 && { errors: this.errors }),
    }
  }
}
