import { VaultError } from '../../core/errors.js'
import { cloneProblems } from '../../core/report/attention.js'
import type { ReportData } from '../../core/report/data.js'
import { confirm } from '../command/confirm.js'
import { isJson, jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { UsageError } from '../arguments/usage.js'
import { canAsk } from '../terminal/io.js'
import { progressBar } from '../terminal/progress.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { count } from './verify.js'

export const report: Verb = {
  help: `Usage: git-vault report --html FILE [--force]
       git-vault report --json

Write a report for an audit: one page that opens in any browser, offline, and
prints well. It shows who can read what, exposed values, rotation that is due
and done, what was done and by whom, the access log, and what verify and doctor
find. It has no value of a secret, and loads and runs nothing.

Needs no identity and decrypts nothing. The names of secrets and members are in
the page, which only you can read: share it with those who may know them.

Options:
  --html FILE   write the page to FILE, outside the vault's folder; asks before
                it replaces a file
  --force, -f   replace FILE without asking
  --json        print the same facts as JSON

Example:
  git-vault report --html ../secrets-report.html
`,
  options: { html: { kind: 'value' }, force: { kind: 'flag', short: 'f' }, ...jsonOption },
  words: [],
  required: 0,
  completes: { '--html': 'file' },

  async run(parsed, world) {
    const { io, services } = world
    const file = parsed.text('html')
    const printsJson = isJson(parsed)
    if (file === undefined && !printsJson)
      throw new UsageError('input', 'report needs --html FILE or --json', 'git-vault report --html FILE')
    if (file === undefined && parsed.has('force'))
      throw new UsageError('input', '--force can only be used with --html')
    const vault = await openCurrentVault(world)
    const { gather, reportPage, reportPath, writeReport } = await services.report()
    const target = file === undefined ? undefined : await reportPath(vault, file)
    if (target?.exists === true && !parsed.has('force')) await mayReplace(file ?? '', world)
    const { countSecrets } = await services.roster()
    const bar = progressBar(io, 'reading', io.stderr.isTerminal ? 2 * (await countSecrets(vault)) : 0)
    const data = await gather(io.cwd, vault, bar.step).finally(bar.end)
    if (target) writeReport(target.path, reportPage(data))
    if (printsJson) await io.stdout.write(visibleJson(data))
    else await io.stdout.write(`wrote ${visible(file ?? '')}: ${summary(data)}\n`)
  }
}

async function mayReplace(file: string, world: World): Promise<void> {
  if (!canAsk(world.io))
    throw new VaultError('FileFailed', `${file} exists already`, { hint: 'pass --force to replace it' })
  await confirm(world, `Replace ${visible(file)}?`, { hint: 'pass --force' })
}

function summary(data: ReportData): string {
  const { members, secrets, exposed, verify } = data
  const present = members.filter(({ removed }) => removed === undefined).length
  const problems = verify.problems.length + cloneProblems(data).length
  const open = exposed.filter(({ waiver }) => !waiver).length
  return [
    count(present, 'member'),
    count(secrets.length, 'secret'),
    count(open, 'exposed value'),
    count(problems, 'problem')
  ].join(', ')
}
