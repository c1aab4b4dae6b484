/**
 * npm run bench -- [--short] [--runs N] [--json FILE]
 *
 * Measures the built program against its budgets, and prints beside them what else it costs and what other secret
 * tools cost on the same machine. Builds first if the sources have changed. All of it happens in a temporary folder
 * with a home, a GnuPG home and a git configuration of its own; only the large vaults are kept for the next run
 * (vaults.js says where).
 *
 *   --short      few runs, and 2,000 secrets in the large vaults instead of 20,000: about a minute, for CI
 *   --runs N     rounds of each comparison (20; with --short 5)
 *   --json FILE  every single figure as well
 *
 * The figure of a budget is a ratio of things measured right after one another: the median over all rounds, with its
 * range. Ratios hold on a busy machine and on another one; milliseconds do not. Beside it stands the ratio of processor
 * times, which is steadier still, but does not see what waits for a disk. What the operating system caches is warm.
 *
 * Budgets are watched here, not tested: the exit code is 0 also where one is OVER, and 1 where something could not be
 * run.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { GET, PUT, PUT_FLAT, PUT_NEST, vaultActions } from './actions.js'
import { otherPrograms } from './others.js'
import { compare, run } from './processes.js'
import { budgets, endpointRows, flatness, processRows, report } from './report.js'
import { project, Sandbox } from './sandbox.js'
import { serveFigures } from './serve.js'
import { median, summary } from './statistics.js'
import { number } from './table.js'
import { prepareVaults, SMALL } from './vaults.js'

const { values: options } = parseArgs({
  options: { short: { type: 'boolean' }, runs: { type: 'string' }, json: { type: 'string' } }
})
const short = options.short ?? false
const runs = Number(options.runs ?? (short ? 5 : 20))
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error('--runs takes a whole number above 0')
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
  const measured = await measure()
  process.stdout.write(report(measured))
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

  // What has a budget is measured apart from the rest, close to what it is compared with.
  const reads = await compared('reads', [actions.help(), actions.get(GET, small, 'nest')])
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
  return {
    machine: before,
    options: { short, runs, secrets: size },
    budgets: [...budgets(reads, writes, size), ...flatness(verified, half, few)],
    processes: processRows([reads, writes, otherReads, otherWrites, members, lists, verified]),
    library: [
      rate('getSecretValue', small),
      rate('putSecretValue', small),
      rate('putSecretValue', nest, 'putSecretValue, large vault')
    ],
    endpoint: endpointRows(served),
    absent: [...others.absent, ...served.absent]
  }
}

/** Operations a second in one process. */
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

/** Milliseconds to write a small file and sync it: most of what a durable write waits for. */
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
