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

/** The service's name in the AWS CLI, which may come before the command. */
export const SERVICE = 'secretsmanager'

export interface Leading {
  /** The values of `-C`, in their order. */
  readonly folders: readonly string[]
  /** The other options before the command. */
  readonly options: readonly string[]
  /** The command and its arguments. */
  readonly rest: readonly string[]
}

/**
 * Splits off what comes before the command: `-C DIR`, the global options and the service's name, as in
 * `--region x secretsmanager get-secret-value …`.
 */
export function splitLeading(argv: readonly string[]): Leading {
  const folders: string[] = []
  const options: string[] = []
  let at = 0
  for (;;) {
    const argument = argv[at]
    if (argument === SERVICE) at++
    else if (argument === '-C') {
      const folder = argv[at + 1]
      if (!folder) throw new UsageError('input', '-C needs a folder')
      folders.push(folder)
      at += 2
    } else if (argument?.startsWith('-')) {
      const option = (globalOptions as Options)[argument.slice(2)]
      const length = option !== undefined && option.kind !== 'flag' && !argument.includes('=') ? 2 : 1
      options.push(...argv.slice(at, at + length))
      at += length
    } else return { folders, options, rest: argv.slice(at) }
  }
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
