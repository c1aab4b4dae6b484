/**
 * The command line makes no sense. `arguments` and `unknown` come with a reminder of the usage, in the AWS
 * CLI's layout; `input` is about what an argument holds.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly kind: 'arguments' | 'unknown' | 'input'
  readonly hint: string | undefined

  constructor(kind: UsageError['kind'], message: string, hint?: string) {
    super(message)
    this.kind = kind
    this.hint = hint
  }
}
