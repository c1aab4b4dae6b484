import type { Options } from '../arguments.js'

/** The AWS CLI's options for every command, which may also stand before the command. */
export const globalOptions = {
  output: { kind: 'value', choices: ['json', 'text', 'yaml', 'yaml-stream', 'table'] },
  query: { kind: 'value' },
  region: { kind: 'value' },
  'no-paginate': { kind: 'flag' },
  'cli-binary-format': { kind: 'value', choices: ['base64', 'raw-in-base64-out'] },
  color: { kind: 'value', choices: ['on', 'off', 'auto'] },
  debug: { kind: 'flag' },
  // These say how to reach AWS. Nothing is reached here, so they are taken and make no difference.
  profile: { kind: 'value' },
  'endpoint-url': { kind: 'value' },
  'ca-bundle': { kind: 'value' },
  'no-verify-ssl': { kind: 'flag' },
  'no-sign-request': { kind: 'flag' },
  'cli-read-timeout': { kind: 'integer' },
  'cli-connect-timeout': { kind: 'integer' },
  'no-cli-pager': { kind: 'flag' },
  'cli-auto-prompt': { kind: 'flag' },
  'no-cli-auto-prompt': { kind: 'flag' }
} as const satisfies Options

/** Parts leading options from the command: `--region x get-secret-value …`. */
export function splitLeading(argv: readonly string[]): { leading: string[]; rest: string[] } {
  let at = 0
  while (argv[at]?.startsWith('-')) {
    const argument = argv[at]!
    const option = (globalOptions as Options)[argument.slice(2)]
    at += option !== undefined && option.kind !== 'flag' && !argument.includes('=') ? 2 : 1
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) }
}
