/** What runs here, as an injection token. */
export class Installation {
  /** `config` is the effective configuration without secrets, and `configHash` what it is called by. */
  constructor(
    readonly facts: {
      readonly version: string
      readonly revision: string
      /** Of the database, by the name of its last migration. */
      readonly schema: string
      readonly configHash: string
      readonly config: Record<string, unknown>
    },
  ) {}
}
