import { VaultError } from '../../core/errors.js'
import type { Synced } from '../../app/sync/types.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { noticeTo } from '../terminal/report.js'
import { syncedLines } from './syncedLines.js'

export const sync: Verb = {
  help: `Usage: git-vault sync [REMOTE] [options]

Bring this branch and its upstream together: fetch, verify what came, merge,
and push. Secrets that both sides changed are joined by git-vault; files outside
the vault are merged by git. If somebody else pushes meanwhile, it starts again.
Your uncommitted changes stay as they are.

With REMOTE: use this remote's branch of the same name instead of the upstream.

Options:
  --dry-run        fetch, print what would come and go, and change nothing
  --no-push        merge what came, and push nothing
  --accept-clock   accept dates over 24 hours ahead of this computer's clock,
                   in what comes and in what is pushed
  --json           print JSON, also of conflicts

Prints who changed what, never a value. If a change needs a person to decide,
nothing is changed, and the exit code is 255.

Example:
  git-vault sync
`,
  options: {
    'dry-run': { kind: 'flag' },
    'no-push': { kind: 'flag' },
    'accept-clock': { kind: 'flag' },
    ...jsonOption
  },
  words: ['REMOTE'],
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const isDryRun = parsed.has('dry-run')
    const vault = await openCurrentVault(world)
    const synced = await services.sync(vault, {
      directory: io.cwd,
      remote: parsed.words[0],
      dryRun: isDryRun,
      push: !parsed.has('no-push'),
      acceptClock: parsed.has('accept-clock'),
      dialogue: dialogueOf(io)
    })
    const former = await services.formerUser(vault, synced.fetched)
    if (former !== undefined) noticeTo(io)(former)
    if (isJson(parsed)) await io.stdout.write(visibleJson(synced))
    if (synced.conflicts.length > 0) return reportConflicts(synced, former !== undefined, io)
    if (isJson(parsed)) return
    await io.stdout.write(
      syncedLines(synced, isDryRun)
        .map(line => `${visible(line)}\n`)
        .join('')
    )
  }
}

/** Lets git and ssh ask at the terminal, and shows what they say there. */
export const dialogueOf = (io: Io) => ({
  mayAsk: canAsk(io),
  ...(io.stderr.isTerminal
    ? { show: (text: string): void => void io.stderr.write(text).catch(() => undefined) }
    : {})
})

async function reportConflicts(
  { conflicts, upstream, received }: Synced,
  isFormer: boolean,
  io: Io
): Promise<never> {
  const lines = conflicts.map(({ reason }) => `  ${visible(reason)}\n`)
  await io.stderr.write(lines.join(''))
  const number = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`
  // others pushed once more after a first merge
  const done =
    received > 0 ? 'what had come before them is merged, and nothing was pushed' : 'nothing was changed'
  throw new VaultError('MergeConflict', `${number} with ${upstream}; ${done}`, {
    hint: isFormer
      ? 'ask an admin of the vault: git-vault member adopt takes over what you wrote before you knew'
      : (conflicts[0]?.hint ?? '')
  })
}
