/**
 * The command line makes no sense. `arguments` and `unknown` come with a reminder of the usage, in the AWS
 * CLI's layout; `input` is about what an argument holds; `other` is what the AWS CLI itself stumbles over, and has
 * the exit code 255.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly kind: 'arguments' | 'unknown' | 'input' | 'other'
  readonly hint: string | undefined

  constructor(kind: UsageError['kind'], message: string, hint?: string) {
    super(message)
    this.kind = kind
    this.hint = hint
  }
}
