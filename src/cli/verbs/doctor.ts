import { VaultError } from '../../core/errors.js'
import type { Finding } from '../../app/doctor.js'
import { visible } from '../terminal/escape.js'
import { hasUnicode, paintFor } from '../terminal/paint.js'
import { openVault, type Verb } from '../command/verb.js'

export const doctor: Verb = {
  help: `Usage: git-vault doctor [options]

Look at what this vault needs to be of use to you and to stay safe: a root that this clone trusts, an identity
that is a member, attributes by which git keeps the files as they are, values that nobody knows who should
not, and a recovery identity whose shares have been shown in the last 180 days. Nothing is changed.

Options:
  --fail          end with an error where something is wrong: for CI
  --output json   as JSON

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
    for await (const finding of services.doctor(io.cwd, await openVault(world))) {
      findings.push(finding)
      if (!isJson) await io.stdout.write(shown(finding, io))
    }
    if (isJson) await io.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`)
    const problems = findings.filter(({ state }) => state === 'problem').length
    if (parsed.has('fail') && problems > 0)
      throw new VaultError('VaultUnwell', `${problems} ${problems === 1 ? 'thing is' : 'things are'} wrong`)
  }
}

function shown({ what, state, text, hint }: Finding, io: Parameters<typeof paintFor>[0]): string {
  const paint = paintFor(io)
  const marks = hasUnicode(io)
    ? { ok: '✔', warning: '!', problem: '✘' }
    : { ok: 'ok', warning: '!', problem: 'x' }
  const mark = state === 'ok' ? paint.green(marks.ok) : paint.bold(marks[state])
  const advice = hint === undefined ? '' : `\n    ${paint.dim(visible(hint))}`
  return `${mark} ${what}: ${visible(text)}${advice}\n`
}
