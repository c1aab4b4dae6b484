import { utf8Text } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { masked } from '../../core/run/mask.js'
import type { FunctionEnding } from '../../system/run/functionProcess.js'
import type { RotationFailure } from './failures.js'
import { MOST_VALUE } from './runOnce.js'
import { SHOWN_OUTPUT } from './steps.js'

/** Returns the value that a program printed, without the newline at its end; or why it is none. */
export function printedValue({
  stdout
}: FunctionEnding): { readonly text: string } | { readonly fault: string } {
  const bytes = stdout?.bytes ?? new Uint8Array()
  const text = utf8Text(bytes)?.replace(/\r?\n$/, '')
  if (text === undefined) return { fault: 'it printed something else than UTF-8 text' }
  if (stdout?.isCut || new TextEncoder().encode(text).length > MOST_VALUE)
    return { fault: 'it printed more than a value may have' }
  return text === '' ? { fault: 'it printed no value' } : { text }
}

/** A program that failed. */
export interface FailedOnce {
  readonly arn: string
  readonly name: string
  readonly program: string
  readonly why: string
  /** Of the new value; `undefined` if the program was to print it. */
  readonly versionId: string | undefined
}

/**
 * Returns the failure of a program, with the end of what it wrote and no secret value.
 * @param values that its output may not show
 */
export function failureOf(
  { output, stdout }: FunctionEnding,
  values: ReadonlySet<string | Uint8Array>,
  { arn, program, why, versionId = '' }: FailedOnce
): Omit<RotationFailure, 'time'> {
  // what it printed may be a new value, or a part of one
  const printed = new TextDecoder().decode(stdout?.bytes)
  const hidden = new Set([...values, ...[printed, ...printed.split('\n')].map(text => text.trim())])
  hidden.delete('')
  const shown = masked(output, hidden, SHOWN_OUTPUT)
  return { arn, token: versionId, function: program, reason: why, ...(shown === '' ? {} : { output: shown }) }
}

/** Returns the error of such a failure. */
export function failedOnce(
  { name, program, why, versionId }: FailedOnce,
  output: string | undefined
): VaultError {
  const wrote = output === undefined ? '' : `\n${output.replace(/^/gm, '  ')}`
  return new VaultError(
    'RotationFailed',
    `the rotation of ${name} failed, and AWSCURRENT is as it was: ${JSON.stringify(program)}: ${why}${wrote}`,
    {
      hint:
        versionId === undefined
          ? undefined
          : 'run the same command again: it continues with the same new value'
    }
  )
}
