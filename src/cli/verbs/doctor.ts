import { UsageError } from '../arguments/usage.js'
import { VaultError } from '../../core/errors.js'
import type { Finding, Fix } from '../../app/doctor/finding.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { hasUnicode, paintFor } from '../terminal/paint.js'
import { confirm } from '../command/confirm.js'
import type { World } from '../command/services.js'
import { isJson, jsonOptions } from '../command/json.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { noticeTo } from '../terminal/report.js'

export const doctor: Verb = {
  help: `Usage: git-vault doctor [options]

Check this clone and its vault, and print one line for each check. Without
--fix it changes no file and no setting. The checks are:

  root        this clone trusts the root of the vault
  identity    your identity is a member of the vault
  attributes  git stores the files of the vault byte for byte        (fix)
  tracking    git tracks every file in the vault's folder: others are ignored
  merging     git merges the vault's files with git-vault            (fix)
  modes       nobody else can read your identity and this clone's
              memory                                                 (fix)
  writes      no process that died has left a write or a lock        (fix)
  files       index and work tree are not behind HEAD                (fix)
  edits       nobody has edited a file of the vault by hand
  versions    each secret has the files that its stages.yaml lists   (fix)
  exposure    nobody without the right knows a current value
  recovery    a recovery identity exists, and its holders have proved in the
              last 180 days that they have their shares

If doctor finds all secrets in order, this clone remembers the present commit.
The next time, versions and exposure look only at the secrets that have changed
since that commit, and say how many. After a change of the access log, they look
at all secrets again.

With --fix, doctor says what it will do about the checks marked (fix), asks, and
does it. It never changes a file that you have edited, and deletes nothing that
is not in git's history. Changes of tracked files are one commit.

Options:
  --fix           fix what can be fixed
  --yes, -y       do not ask
  --all           look at all secrets, whatever this clone remembers
  --fail          exit with an error if a check finds a problem, for CI
  --json          print JSON, also as --output json; not with --fix

Example:
  git-vault doctor --fix
`,
  options: {
    fix: { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    all: { kind: 'flag' },
    fail: { kind: 'flag' },
    ...jsonOptions
  },
  words: [],
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const printsJson = isJson(parsed)
    if (parsed.has('fix') && printsJson)
      throw new UsageError(
        'input',
        `doctor takes --fix or ${parsed.has('json') ? '--json' : '--output json'}, not both`
      )
    const vault = await openCurrentVault(world)
    const findings: Finding[] = []
    const isAll = parsed.has('all')
    for await (const finding of services.doctor(io.cwd, vault, noticeTo(io), { isAll })) {
      findings.push(finding)
      if (!printsJson) await io.stdout.write(findingLines(finding, io))
    }
    if (printsJson) await io.stdout.write(visibleJson({ findings: findings.map(plainFinding) }))
    let problems = findings.filter(({ state }) => state === 'problem').length
    if (parsed.has('fix')) {
      const fixes = findings.flatMap(({ fix }) => fix ?? [])
      const { fixed, failed } = await fixAll(world, vault, fixes, parsed.has('yes'))
      problems -= fixed
      if (failed > 0)
        throw new VaultError('VaultUnwell', `doctor could not fix ${failed} of ${fixes.length} problems`)
    }
    if (parsed.has('fail') && problems > 0)
      throw new VaultError(
        'VaultUnwell',
        `doctor found ${problems} ${problems === 1 ? 'problem' : 'problems'}`
      )
  }
}

/** Says what the fixes do, asks, and does them. */
async function fixAll(
  world: World,
  vault: Awaited<ReturnType<typeof openCurrentVault>>,
  fixes: readonly Fix[],
  isSure: boolean
): Promise<{ fixed: number; failed: number }> {
  const { io, services } = world
  let [fixed, failed] = [0, 0]
  if (fixes.length === 0) {
    await io.stdout.write('nothing that doctor --fix can fix\n')
    return { fixed, failed }
  }
  await io.stderr.write('git-vault: doctor --fix will:\n')
  for (const { text } of fixes) await io.stderr.write(`  ${visible(text)}\n`)
  if (!isSure) await confirm(world, 'Do this?', { hint: 'pass --yes' })
  for await (const result of services.applyFixes(vault, fixes)) {
    if (result.failed) {
      failed++
      const { message, hint } = result.failed
      const advice = hint === undefined ? '' : `; ${visible(hint)}`
      await io.stderr.write(
        `git-vault: not done: ${visible(result.fix.text)}: ${visible(message)}${advice}\n`
      )
    } else {
      fixed++
      const where = result.commit === undefined ? '' : ` (commit ${result.commit.slice(0, 12)})`
      await io.stdout.write(`done: ${visible(result.fix.text)}${where}\n`)
    }
  }
  return { fixed, failed }
}

/** JSON says what a fix does. */
const plainFinding = ({ fix, ...finding }: Finding) => (fix ? { ...finding, fix: fix.text } : finding)

function findingLines({ what, state, text, hint }: Finding, io: Parameters<typeof paintFor>[0]): string {
  const paint = paintFor(io)
  const marks = hasUnicode(io)
    ? { ok: '✔', warning: '!', problem: '✘' }
    : { ok: 'ok', warning: '!', problem: 'x' }
  const mark = state === 'ok' ? paint.green(marks.ok) : paint.bold(marks[state])
  const advice = hint === undefined ? '' : `\n    ${paint.dim(visible(hint))}`
  return `${mark} ${what}: ${visible(text)}${advice}\n`
}
