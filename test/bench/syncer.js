/**
 * Puts and syncs in one clone, and prints how often its pushes lost a race:
 *
 *   node syncer.js PROGRAM CLONE INDEX PUTS SECRETS
 */
import { spawnSync } from 'node:child_process'
import { nameOf, valueOf } from './names.js'

const [program, cwd, index, puts, secrets] = process.argv.slice(2)
const figures = { races: 0, mostRaces: 0, refused: 0 }

for (let put = 0; put < Number(puts); put++) {
  const name = nameOf('nest', (Number(index) + put) % Number(secrets))
  const { status, stderr } = vault(
    'put-secret-value',
    '--secret-id',
    name,
    '--secret-string',
    valueOf(`${index}-${put}`)
  )
  if (status !== 0) fail(stderr)
  sync()
}
console.log(JSON.stringify(figures))

/** A sync that lost too many races says so, and is called again, as its hint says. */
function sync() {
  for (;;) {
    const { status, stdout, stderr } = vault('sync')
    if (status === 0) {
      const [, races] = /this was done (once|\d+ times) more/.exec(stdout) ?? []
      const count = races === undefined ? 0 : Number.parseInt(races, 10) || 1
      figures.races += count
      figures.mostRaces = Math.max(figures.mostRaces, count)
      return
    }
    if (!stderr.includes('others pushed to')) fail(stderr)
    figures.refused++
  }
}

function vault(...args) {
  return spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' })
}

function fail(stderr) {
  console.error(stderr)
  process.exit(1)
}
