import type { Options, Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { atLeastOption } from '../command/atLeast.js'
import { integer } from './fit.js'
import { formats } from './output.js'

/**
 * The AWS CLI's global options, which may also come before the command. Those about the connection to AWS are accepted
 * and have no effect.
 */
export const globalOptions = {
  debug: { kind: 'flag' },
  'endpoint-url': { kind: 'value' },
  'no-verify-ssl': { kind: 'flag' },
  'no-paginate': { kind: 'flag' },
  output: { kind: 'value', choices: formats },
  query: { kind: 'value' },
  profile: { kind: 'value' },
  region: { kind: 'value' },
  color: { kind: 'value', choices: ['on', 'off', 'auto'] },
  'no-sign-request': { kind: 'flag' },
  'ca-bundle': { kind: 'value' },
  'cli-read-timeout': { kind: 'value' },
  'cli-connect-timeout': { kind: 'value' },
  // only in version 2
  'cli-binary-format': { kind: 'value', choices: ['base64', 'raw-in-base64-out'] },
  'no-cli-pager': { kind: 'flag' },
  'cli-auto-prompt': { kind: 'flag' },
  'no-cli-auto-prompt': { kind: 'flag' },
  ...atLeastOption
} as const satisfies Options

/** Splits off the options before the command: `--region x get-secret-value …`. */
export function splitLeading(argv: readonly string[]): { leading: string[]; rest: string[] } {
  let at = 0
  while (argv[at]?.startsWith('-')) {
    const argument = argv[at]!
    const option = (globalOptions as Options)[argument.slice(2)]
    at += option !== undefined && option.kind !== 'flag' && !argument.includes('=') ? 2 : 1
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) }
}

/** Checks the global options before the command's own, like the AWS CLI. Throws `UsageError` in its words. */
export function checkGlobals(parsed: Parsed): void {
  const url = parsed.text('endpoint-url')
  if (url !== undefined && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) {
    throw new UsageError(
      'input',
      `Bad value for --endpoint-url "${url}": scheme is missing.  Must be of the form ` +
        'http://<hostname>/ or https://<hostname>/'
    )
  }
  for (const name of ['cli-read-timeout', 'cli-connect-timeout']) integer(parsed.text(name) ?? '60')
}
