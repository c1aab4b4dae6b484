import { VaultError } from '../../core/errors.js'
import type { Parsed } from '../arguments/arguments.js'
import { runAction, type Action } from '../command/subcommand.js'
import type { World } from '../command/services.js'
import type { Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { noticeTo } from '../terminal/report.js'

const actions: Readonly<Record<string, Action>> = {
  install: { words: [], required: 0, options: ['values'], run: install },
  uninstall: { words: [], required: 0, options: [], run: uninstall },
  run: { words: [], required: 0, options: ['values'], run: check }
}

export const hook: Verb = {
  help: `Usage: git-vault hook install [--values]
       git-vault hook uninstall
       git-vault hook run [--values]

Check each commit before git makes it. install writes git's pre-commit hook in
this clone, which runs \`hook run\`. A hook of yours is never changed: install
says which line to add to it. uninstall removes the hook that install wrote.

run looks at what is staged, and refuses the commit if it has

  - a file in the vault's folder that is not the vault's
  - a document that is broken, forged, or older than the one in HEAD
  - the removal of a file that the vault needs
  - a private key, an identity file or a recovery share, anywhere
  - with --values, the value of a secret that you can decrypt

Options:
  --values  look for values of 8 characters and more with a staging label, also
            in base64, in URLs, and the strings of JSON values one by one. The
            identity must be unlocked: without it, run says that it did not look

To commit anyway: git commit --no-verify

Example:
  git-vault hook install --values
`,
  options: { values: { kind: 'flag' } },
  words: ['ACTION'],
  required: 1,
  get actions() {
    return actions
  },
  run: (parsed, world) => runAction('hook', actions, parsed, world)
}

const DONE = {
  installed: 'wrote',
  updated: 'updated',
  unchanged: 'nothing to do: git-vault already runs in',
  removed: 'removed',
  none: 'nothing to remove: git-vault wrote no hook at'
} as const

async function install(_words: readonly string[], parsed: Parsed, { io, services }: World): Promise<void> {
  const { path, done } = await (await services.guard()).installHook(io.cwd, parsed.has('values'))
  await io.stdout.write(`${DONE[done]} ${visible(path)}\n`)
}

async function uninstall(_words: readonly string[], _parsed: Parsed, { io, services }: World): Promise<void> {
  const { path, done } = await (await services.guard()).uninstallHook(io.cwd)
  await io.stdout.write(`${DONE[done]} ${visible(path)}\n`)
}

async function check(_words: readonly string[], parsed: Parsed, { io, services }: World): Promise<void> {
  // git has chosen the repository, not GIT_VAULT_DIR
  io.enter('.')
  const { guard } = await services.guard()
  const { stops, unchecked } = await guard({
    directory: io.cwd,
    values: parsed.has('values'),
    notice: noticeTo(io)
  })
  for (const { text, hint } of unchecked)
    await io.stderr.write(`git-vault: ${visible(hint === undefined ? text : `${text}; ${hint}`)}\n`)
  for (const { path, reason, hint } of stops)
    await io.stderr.write(`git-vault: ${visible(`${path}: ${reason}; ${hint}`)}\n`)
  if (stops.length > 0)
    throw new VaultError('CommitRefused', `the commit was refused: ${problems(stops.length)}`, {
      hint: 'to commit anyway: git commit --no-verify'
    })
}

const problems = (count: number): string => (count === 1 ? '1 problem' : `${count} problems`)
