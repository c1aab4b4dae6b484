/** The exit codes, which are the AWS CLI's and, for `run`, those of env(1). Scripts depend on them: never renumber them. */
export const exit = {
  ok: 0,
  /** `run`: the program cannot be started, as env(1) has it. */
  notStarted: 126,
  /** `run`: there is no such program. */
  notFound: 127,
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
