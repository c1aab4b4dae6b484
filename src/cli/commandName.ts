/** The global options without a value. Their table, in src/cli/aws/globals.ts, is loaded later. */
const FLAGS: readonly string[] = [
  '--debug',
  '--no-verify-ssl',
  '--no-paginate',
  '--no-sign-request',
  '--no-cli-pager',
  '--cli-auto-prompt',
  '--no-cli-auto-prompt'
]

/** Returns the command after `-C DIR`, global options and the service's name; empty if there is none. */
export function commandName(argv: readonly string[]): string {
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!
    if (argument === 'secretsmanager') continue
    if (!argument.startsWith('-')) return argument
    if (!argument.includes('=') && !FLAGS.includes(argument)) at++
  }
  return ''
}
