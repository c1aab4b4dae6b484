/** Exit codes are an interface: they are the AWS CLI's, and they are never renumbered. */
export const exit = {
  ok: 0,
  /** Ctrl-C. */
  interrupted: 130,
  /** The command line makes no sense, or what it gives breaks the operation's shape. */
  usage: 252,
  /** No vault, no identity to open it with, or a vault that this clone was not told to trust. */
  configuration: 253,
  /** The operation itself said no. */
  service: 254,
  other: 255
} as const
