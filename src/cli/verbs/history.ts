import type { HistoryEntry } from '../../vault/history.js'
import { visible, visibleJson } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'
import { columns, hasUnicode, paintFor } from '../terminal/paint.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { localTime } from '../terminal/localTime.js'

export const history: Verb = {
  help: `Usage: git-vault history NAME [options]

Show the versions of a secret as a timeline, newest first: when each version was
written, by whom, its id and its current staging labels. A version with a label
has a full dot, a version without one has an empty dot. A version that a
rotation has begun may have no value yet.

Options:
  --json            print JSON
  --region REGION   the region of the secret (default: the vault's own)

Example:
  git-vault history prod/db
`,
  options: { ...jsonOption, ...regionOption },
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const name = parsed.words[0]!
    const entries = await world.services.history(await openCurrentVault(world, parsed.text('region')), name)
    await world.io.stdout.write(
      isJson(parsed) ? visibleJson({ name, versions: entries }) : timeline(name, entries, world.io)
    )
  }
}

export function timeline(name: string, entries: readonly HistoryEntry[], io: Io): string {
  const paint = paintFor(io)
  const [full, empty, line] = hasUnicode(io) ? ['●', '○', '│'] : ['*', 'o', '|']
  const rows = columns(
    entries.map(entry => [
      localTime(entry.created),
      visible(entry.writer),
      visible(entry.versionId),
      `${entry.labels.map(visible).join(', ')}${entry.hasNoValue ? ' (no value yet)' : ''}`.trimStart()
    ])
  )
  const lines = entries.flatMap((entry, at) => {
    const row = rows[at]!.trimEnd()
    const labelled = entry.labels.length > 0
    const dot = labelled ? paint.green(full) : empty
    const drawn = `${dot} ${labelled ? row : paint.dim(row)}`
    return at === 0 ? [drawn] : [paint.dim(line), drawn]
  })
  return `${[paint.bold(visible(name)), ...lines].join('\n')}\n`
}
