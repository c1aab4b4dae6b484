/**
 * The command line is wrong. `arguments` and `unknown` print the usage first, in the AWS CLI's layout. `input` is a
 * wrong value of an argument. `other` is an error inside the AWS CLI itself, with exit code 255.
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
