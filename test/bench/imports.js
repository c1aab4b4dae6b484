/**
 * Times an import of many entries beside git alone, which adds and commits as many files with the same bytes. Each round
 * imports under new names.
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { valueOf } from './names.js'
import { compare } from './processes.js'
import { paired, summary } from './statistics.js'

const ADD = 'git add + git commit of as many files'

/**
 * @param vault a clone
 * @param twin another clone of the same commit
 * @param {{ entries: number, runs: number, progress: (line: string) => void }} options
 */
export async function importFigures(sandbox, vault, twin, { entries, runs, progress }) {
  const name = `import of ${entries.toLocaleString('en')} entries`
  const again = `${name}, stored already`
  const file = join(sandbox.folder, 'import.json')
  const values = Array.from({ length: entries }, (_, index) => [
    `team-${index % 50}/key-${index}`,
    valueOf(index)
  ])
  writeFileSync(file, JSON.stringify(Object.fromEntries(values)))
  let round = 0
  const prefix = () => `round-${round}/`
  const imported = expected => [
    { ...sandbox.vault(vault, 'import', file, '--prefix', prefix(), '--yes'), expected }
  ]
  const actions = [
    {
      name,
      commands() {
        round++
        return imported(`created ${entries} secrets`)
      }
    },
    { name: again, commands: () => imported('nothing to import') },
    {
      name: ADD,
      commands() {
        const folder = join('vault/secrets', prefix())
        cpSync(join(vault, folder), join(twin, folder), { recursive: true })
        return [
          sandbox.git(twin, 'add', '--', folder),
          sandbox.git(twin, 'commit', '-q', '-m', `ImportSecrets ${entries} secrets`)
        ]
      }
    }
  ]
  const measured = await compare(actions, {
    runs,
    warmups: 0,
    memoryRuns: 1,
    progress: line => progress(`import: ${line}`)
  })
  const git = measured.get(ADD).wall.values
  return [...measured].map(([action, figures]) => ({
    name: action,
    rate: summary(figures.wall.values.map(ms => (entries * 1000) / ms)),
    cpu: figures.cpu,
    peak: figures.peak,
    git: action === ADD ? undefined : paired(figures.wall.values, git)
  }))
}
