/**
 * npm run bench -- --growth [--short] [--runs N]
 *
 * How costs grow with secrets, versions, members, entries of the access log and generations of a key. Each figure is the
 * processor time of whole processes, at several sizes. A line through their logarithms gives the exponent: 0 is flat, 1 linear.
 */
import { join } from 'node:path'
import { NODE, vaultActions } from './actions.js'
import { nameOf, valueOf } from './names.js'
import { compare, run } from './processes.js'
import { number, table } from './table.js'
import { bundle, prepareVaults } from './vaults.js'

/** The highest exponent that is allowed. */
const FLAT = 0.15
const LINEAR = 1.1
const PUTS = 50

/** @returns the report, and whether each cost grows as it should */
export async function growth(sandbox, { short, runs, progress }) {
  const size = short ? 2_000 : 20_000
  const clone = await prepareVaults(sandbox, size, progress)
  const script = join(sandbox.folder, 'grow.mjs')
  await bundle('test/bench/grow.js', script)
  const grown = (dimension, count) => {
    progress(`making ${count} ${dimension}`)
    const folder = clone('small', `${dimension}-${count}`)
    run({ file: process.execPath, args: [script, folder, dimension, String(count)], env: sandbox.env })
    return folder
  }
  const most = (long, brief) => (short ? brief : long)
  const vaults = {
    secrets: new Map([
      [20, clone('small', 'secrets-20')],
      [size / 20, clone('twentieth', 'secrets-twentieth')],
      [size, clone('nest', 'secrets-all')]
    ])
  }
  for (const [dimension, counts] of Object.entries({
    versions: [1, 12, most(135, 60)],
    members: [2, 20, most(200, 60)],
    entries: [10, 150, most(2_000, 600)],
    generations: [1, 7, most(50, 20)]
  }))
    vaults[dimension] = new Map(counts.map(count => [count, grown(dimension, count)]))
  const rows = []
  for (const [dimension, byCount] of Object.entries(vaults))
    rows.push(...(await measured(sandbox, dimension, byCount, { runs, progress })))
  const bytes = bytesOfPuts(sandbox, clone('small', 'bytes'), progress)
  const ok = rows.every(row => row.ok)
  const lines = rows.map(({ name, costs, exponent, limit, ok: isOk }) => [
    name,
    costs.map(([count, cpu]) => `${count.toLocaleString('en')}: ${number(cpu)}`).join('  '),
    exponent.toFixed(2),
    limit.toFixed(2),
    isOk ? 'ok' : 'OVER'
  ])
  const shown = table(['cost', 'processor time in ms, by size', 'exponent', 'most', ''], lines)
  return { ok, text: `${shown}\n\n${bytes}\n` }
}

async function measured(sandbox, dimension, byCount, { runs, progress }) {
  const program = (cwd, ...args) => sandbox.vault(cwd, ...args)
  const id = ['--secret-id', nameOf('nest', 0)]
  const { node } = vaultActions(sandbox)
  let puts = 0
  const get = vault => [{ ...program(vault, 'get-secret-value', ...id), expected: 'AWSCURRENT' }]
  const put = vault => [
    program(vault, 'put-secret-value', ...id, '--secret-string', valueOf(`grown-${puts++}`))
  ]
  const commands = [
    { name: 'get', limit: FLAT, of: get },
    { name: 'put', limit: FLAT, of: put },
    ...(dimension === 'secrets'
      ? [
          { name: 'list, warm', limit: LINEAR, of: vault => [program(vault, 'list-secrets')] },
          { name: 'verify', limit: LINEAR, of: vault => [program(vault, 'verify')] }
        ]
      : [])
  ]
  const rows = []
  for (const { name, limit, of } of commands) {
    const title = ([count]) => `${name}, ${count} ${dimension}`
    const actions = [...byCount].map(one => ({ name: title(one), commands: () => of(one[1]) }))
    const figures = await compare([node(), ...actions], {
      runs: limit === FLAT ? runs : 2,
      memoryRuns: 0,
      progress: line => progress(`${dimension}, ${name}: ${line}`)
    })
    const costs = [...byCount].map(one => [one[0], figures.get(title(one)).cpu])
    // what grows, without the start of the process
    const start = limit === LINEAR ? figures.get(NODE).cpu : 0
    const exponent = slope(costs.map(([count, cpu]) => [count, Math.max(1, cpu - start)]))
    rows.push({ name: `${name} / ${dimension}`, costs, exponent, limit, ok: exponent <= limit })
  }
  return rows
}

/** The slope of the line that fits best through the logarithms of sizes and costs. */
export function slope(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)])
  const mean = at => logs.reduce((sum, point) => sum + point[at], 0) / logs.length
  const [x, y] = [mean(0), mean(1)]
  const over = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  return over / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
}

/** What a put adds to git's objects: as it is written, after `git gc`, and after all is packed anew. */
function bytesOfPuts(sandbox, vault, progress) {
  progress('bytes in git')
  const git = (...args) => run(sandbox.git(vault, ...args))
  const size = () => {
    const figures = new Map(
      git('count-objects', '-v')
        .trim()
        .split('\n')
        .map(line => line.split(': '))
    )
    return (Number(figures.get('size')) + Number(figures.get('size-pack'))) * 1024
  }
  git('gc', '-q', '--prune=now')
  git('repack', '-adfq')
  const before = size()
  for (let put = 0; put < PUTS; put++)
    run(
      sandbox.vault(
        vault,
        ...['put-secret-value', '--secret-id', nameOf('nest', put % 20)],
        ...['--secret-string', valueOf(`bytes-${put}`)]
      )
    )
  const each = () => `${number((size() - before) / PUTS / 1000)} kB`
  const written = each()
  git('gc', '-q', '--prune=now')
  const collected = each()
  git('repack', '-adfq')
  return `bytes in git for each of ${PUTS} puts: ${written} as written, ${collected} after git gc, ${each()} after git repack -adf`
}
