import type { HistoryEntry } from '../../vault/history.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'
import { columns, hasUnicode, paintFor } from '../terminal/paint.js'
import { openVault, regionOption, type Verb } from '../command/verb.js'
import { when } from '../terminal/when.js'

export const history: Verb = {
  help: `Usage: git-vault history NAME [options]

Draw a secret's versions as a timeline, the newest first: when each was written, by whom, its id and the
staging labels it has now. A full dot has a label, an empty one has none.

Options:
  --region REGION   the region that it is in (the vault's own)

Example:
  git-vault history prod/db
`,
  options: regionOption,
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const name = parsed.words[0]!
    const entries = await world.services.history(await openVault(world, parsed.text('region')), name)
    await world.io.stdout.write(timeline(name, entries, world.io))
  }
}

export function timeline(name: string, entries: readonly HistoryEntry[], io: Io): string {
  const paint = paintFor(io)
  const [full, empty, line] = hasUnicode(io) ? ['●', '○', '│'] : ['*', 'o', '|']
  const rows = columns(
    entries.map(entry => [
      when(entry.created),
      visible(entry.writer),
      visible(entry.versionId),
      entry.labels.map(visible).join(', ')
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
