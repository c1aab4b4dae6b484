/**
 * npm run bench -- [--short] [--runs N] [--json FILE]
 *
 * Measures the built program against its budgets. Also prints other costs, and the costs of other secret
 * tools on the same machine. Builds first if the sources have changed. Everything runs in a temporary folder
 * with its own home, GnuPG home and git configuration. Only the large vaults are kept for the next run (see
 * vaults.js).
 *
 *   --short      few runs, and 2,000 secrets in the large vaults instead of 20,000: about a minute, for CI
 *   --runs N     rounds of each comparison (default 20; with --short 5)
 *   --json FILE  also write every single figure to FILE
 *   --growth     instead, how costs grow with secrets, versions, members, the access log and generations: fails if one grows
 *                faster than it should (see growth.js)
 *   --with-peers instead, git-vault beside the secret tools that are found in PATH (see peers.js)
 *
 * A budget limits the ratio of two things measured right after each other. The figure is the median over all
 * rounds, with its range. Ratios are comparable between machines and under load; milliseconds are not. The
 * ratio of processor times is printed beside it: it is steadier, but does not include waiting for a disk.
 * File caches are warm.
 *
 * The benchmark reports budgets and does not enforce them: the exit code is 0 even if a budget is OVER, and 1
 * if something could not be run.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { GET, PUT, PUT_FLAT, PUT_NEST, vaultActions } from './actions.js'
import { changeFigures } from './changes.js'
import { otherPrograms } from './others.js'
import { growth } from './growth.js'
import { importFigures } from './imports.js'
import { peers } from './peers.js'
import { compare, run } from './processes.js'
import { budgets, endpointRows, flatness, processRows, report, runBudgets } from './report.js'
import { project, Sandbox } from './sandbox.js'
import { serveFigures } from './serve.js'
import { sharedFigures } from './shared.js'
import { median, summary } from './statistics.js'
import { number } from './table.js'
import { prepareVaults, SMALL } from './vaults.js'

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean' },
    runs: { type: 'string' },
    json: { type: 'string' },
    growth: { type: 'boolean' },
    'with-peers': { type: 'boolean' }
  }
})
const short = options.short ?? false
const runs = Number(options.runs ?? (short ? 5 : 20))
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error('--runs must be a whole number above 0')
const size = short ? 2_000 : 20_000
const many = size.toLocaleString('en')

const built = spawnSync(process.execPath, [join(project, 'bin/setup.mjs')], { stdio: ['ignore', 2, 2] })
if (built.status !== 0) process.exit(1)

const sandbox = new Sandbox()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    sandbox.remove()
    process.exit(130)
  })
}
try {
  const measured = options.growth
    ? await growth(sandbox, { short, runs: Number(options.runs ?? 5), progress })
    : options['with-peers']
      ? await peers(sandbox, { short, runs: Number(options.runs ?? 5), progress })
      : await measure()
  process.stdout.write(measured.text ?? report(measured))
  if (measured.ok === false) process.exitCode = 1
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`)
} catch (error) {
  process.stderr.write(`bench: ${error.stack}\n`)
  process.exitCode = 1
} finally {
  sandbox.remove()
}

async function measure() {
  const before = machine()
  const clone = await prepareVaults(sandbox, size, progress)
  const [small, nest, flat] = [clone('small'), clone('nest'), clone('flat')]
  const actions = vaultActions(sandbox)
  const others = otherPrograms(sandbox, short ? 50 : 1000)
  const compared = (title, list, rounds = runs, memoryRuns = short ? 1 : 3) =>
    compare([actions.node(), ...list], {
      runs: rounds,
      memoryRuns,
      progress: line => progress(`${title}: ${line}`)
    })

  // Commands that have a budget are measured apart from the rest, close to their comparison.
  const reads = await compared('reads', [actions.help(), actions.get(GET, small, 'nest')])
  const manyVault = clone('small', 'many')
  const runners = await compared('run', [
    actions.get(GET, small, 'nest'),
    actions.run(small, 'nest'),
    actions.runMany(manyVault),
    actions.runSeparate(manyVault),
    ...others.runners
  ])
  const writes = await compared('writes', [
    actions.put(PUT, small, 'nest'),
    actions.commit(small, clone('small', 'twin')),
    actions.put(PUT_NEST, nest, 'nest'),
    actions.put(PUT_FLAT, flat, 'flat')
  ])
  const otherReads = await compared('other reads', [
    actions.import(),
    actions.describe(small),
    actions.get('get-secret-value, large vault', nest, 'nest'),
    actions.get('get-secret-value, large and flat', flat, 'flat'),
    ...others.reads
  ])
  const otherWrites = await compared('other writes', [actions.init(), ...others.writes], Math.ceil(runs / 2))
  const members = await compared(
    'members',
    [
      actions.admit('member add, 20 secrets', clone('small', 'team')),
      actions.admit(`member add, ${many} secrets`, clone('nest', 'large-team')),
      ...others.members
    ],
    3,
    1
  )
  const lists = await compared(
    'lists',
    [
      actions.list('list-secrets, 20 secrets', small, SMALL),
      actions.list(`list-secrets, ${many} secrets`, nest, size)
    ],
    3,
    1
  )
  const [few, half] = [size / 20, size / 2].map(secrets => `verify, ${secrets.toLocaleString('en')} secrets`)
  const verified = await compared(
    'verify',
    [actions.verify(few, clone('twentieth'), size / 20), actions.verify(half, clone('half'), size / 2)],
    2,
    1
  )
  const served = await serveFigures(sandbox, clone('small', 'served'), {
    seconds: short ? 2 : 5,
    rounds: short ? 2 : 5,
    progress
  })
  const changes = await changeFigures(sandbox, clone, { size, runs: short ? 1 : 5, progress })
  const imports = await importFigures(sandbox, clone('small', 'imported'), clone('small', 'added'), {
    entries: short ? 500 : 10_000,
    runs: short ? 1 : 2,
    progress
  })
  const crowd = short ? { clones: 3, puts: 4 } : { clones: 8, puts: 25 }
  const shared = await sharedFigures(sandbox, clone, { ...crowd, progress })
  return {
    machine: before,
    options: { short, runs, secrets: size },
    budgets: [...budgets(reads, writes, size), ...runBudgets(runners), ...flatness(verified, half, few)],
    processes: processRows([reads, runners, writes, otherReads, otherWrites, members, lists, verified]),
    library: [
      rate('getSecretValue', small),
      rate('putSecretValue', small),
      rate('putSecretValue', nest, 'putSecretValue, large vault')
    ],
    changes,
    imports,
    shared,
    endpoint: endpointRows(served),
    found: others.found,
    absent: [...others.absent, ...served.absent]
  }
}

/** Returns operations per second in one process. */
function rate(operation, vault, name = operation) {
  progress(`library: ${name}`)
  const script = fileURLToPath(new URL('library.js', import.meta.url))
  const args = [script, sandbox.library, vault, operation, short ? '1' : '2']
  const command = { file: process.execPath, args, cwd: sandbox.folder, env: sandbox.env }
  return { name, ...summary([1, 2, 3].map(() => Number(run(command)))) }
}

function machine() {
  return {
    node: process.version,
    git: run(sandbox.git(sandbox.folder, '--version')).trim().replace('git version ', ''),
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
    load: loadavg()[0].toFixed(1),
    fsync: `${number(syncTime())} ms`
  }
}

/** Returns the milliseconds to write and sync a small file: most of the time that a durable write waits. */
function syncTime() {
  const path = join(sandbox.folder, 'synced')
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now()
    const file = openSync(path, 'w')
    writeSync(file, Buffer.alloc(4096))
    fsyncSync(file)
    closeSync(file)
    return performance.now() - start
  })
  return median(times)
}

function progress(line) {
  const seconds = (performance.now() / 1000).toFixed(0)
  process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`)
}
