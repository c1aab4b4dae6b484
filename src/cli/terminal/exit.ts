/** The exit codes, which are the AWS CLI's. Scripts depend on them: never renumber them. */
export const exit = {
  ok: 0,
  /** Ctrl-C. */
  interrupted: 130,
  /** The command line is wrong, or its values do not fit the operation's shape. */
  usage: 252,
  /** There is no vault, no identity to open it with, or this clone does not trust the vault. */
  configuration: 253,
  /** The operation returned an error. */
  service: 254,
  other: 255
} as const
