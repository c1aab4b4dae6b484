import { VaultError } from '../../core/errors.js'
import type { Finding } from '../../app/doctor.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { hasUnicode, paintFor } from '../terminal/paint.js'
import { openCurrentVault, type Verb } from '../command/verb.js'

export const doctor: Verb = {
  help: `Usage: git-vault doctor [options]

Check this clone and its vault, and print one line for each check. Changes
nothing. The checks are:

  root        this clone trusts the root of the vault
  identity    your identity is a member of the vault
  attributes  git stores the files of the vault byte for byte
  tracking    git tracks every file in the vault's folder: others are ignored
  exposure    nobody without the right knows a current value
  recovery    a recovery identity exists, and its holders have proved in the
              last 180 days that they have their shares

Options:
  --fail          exit with an error if a check finds a problem, for CI
  --output json   print JSON

Example:
  git-vault doctor
`,
  options: { fail: { kind: 'flag' }, output: { kind: 'value', choices: ['text', 'json'] } },
  words: [],
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const isJson = parsed.text('output') === 'json'
    const findings: Finding[] = []
    for await (const finding of services.doctor(io.cwd, await openCurrentVault(world))) {
      findings.push(finding)
      if (!isJson) await io.stdout.write(findingLines(finding, io))
    }
    if (isJson) await io.stdout.write(visibleJson({ findings }))
    const problems = findings.filter(({ state }) => state === 'problem').length
    if (parsed.has('fail') && problems > 0)
      throw new VaultError(
        'VaultUnwell',
        `doctor found ${problems} ${problems === 1 ? 'problem' : 'problems'}`
      )
  }
}

function findingLines({ what, state, text, hint }: Finding, io: Parameters<typeof paintFor>[0]): string {
  const paint = paintFor(io)
  const marks = hasUnicode(io)
    ? { ok: '✔', warning: '!', problem: '✘' }
    : { ok: 'ok', warning: '!', problem: 'x' }
  const mark = state === 'ok' ? paint.green(marks.ok) : paint.bold(marks[state])
  const advice = hint === undefined ? '' : `\n    ${paint.dim(visible(hint))}`
  return `${mark} ${what}: ${visible(text)}${advice}\n`
}
