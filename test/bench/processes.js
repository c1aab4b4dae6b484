/**
 * Times whole processes, from before they are started until they have ended. Their output is read from a
 * pipe, as a script would.
 *
 * Node does not report the resources that a child used. On a system with /proc:
 * - Processor time (user and system) of a process and all its ended children is the growth of our own total
 *   for ended children. That total has a resolution of 10 ms, so one process is imprecise but the mean of
 *   many is right.
 * - Peak memory is the high-water mark in /proc/PID/status, read every millisecond. It is the largest of the
 *   process and its children, not their sum. Reading takes time, so it has its own rounds.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { mean, summary } from './statistics.js'

const hasProc = existsSync('/proc/self/stat') && existsSync('/proc/self/status')
const ticksPerSecond = hasProc
  ? Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100
  : NaN

/** A line that says what cannot be measured here; undefined if everything can. */
export const notMeasured = hasProc
  ? undefined
  : `processor time and peak memory: not measured on ${process.platform}, which has no /proc`

/**
 * @typedef {object} Command
 * @property {string} file
 * @property {readonly string[]} [args]
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} env
 * @property {string} [input]
 * @property {string} [expected] text that its output must contain, so that a fast wrong answer fails
 *
 * @typedef {object} Action
 * @property {string} name
 * @property {() => Command[]} commands called for each round, before the clock starts; its commands are timed as one
 */

/**
 * Runs actions in turn (A B C A B C), so that the figures of one round are measured under the same load.
 * @param {readonly Action[]} actions
 * @param {{ runs: number, memoryRuns?: number, warmups?: number, progress?: (line: string) => void }} options
 */
export async function compare(actions, { runs, memoryRuns = 2, warmups = 1, progress = () => undefined }) {
  const measured = new Map(actions.map(({ name }) => [name, { wall: [], cpu: [], peak: [] }]))
  const memoryRounds = hasProc ? memoryRuns : 0
  for (let round = -warmups; round < runs + memoryRounds; round++) {
    progress(round < 0 ? 'warming up' : round < runs ? `round ${round + 1} of ${runs}` : 'peak memory')
    for (const { name, commands } of actions) {
      // Timing blocks the event loop. Signals are handled here.
      await setImmediate()
      const figures = measured.get(name)
      const prepared = commands()
      if (round >= runs) {
        const peaks = []
        for (const command of prepared) peaks.push(await peakMemory(command))
        figures.peak.push(Math.max(...peaks))
        continue
      }
      const { wall, cpu } = timed(prepared)
      if (round < 0) continue
      figures.wall.push(wall)
      figures.cpu.push(cpu)
    }
  }
  return new Map(
    [...measured].map(([name, { wall, cpu, peak }]) => [
      name,
      {
        /** Milliseconds. */
        wall: summary(wall),
        ...(hasProc ? { cpu: mean(cpu) } : {}),
        /** Megabytes. */
        ...(peak.length > 0 ? { peak: Math.max(...peak) } : {})
      }
    ])
  )
}

/** Runs a command without timing it. Returns its stdout; throws if it fails. */
export function run({ file, args = [], cwd, env, input, expected }) {
  const result = spawnSync(file, args, {
    cwd,
    env,
    input: input ?? '',
    maxBuffer: 1 << 30,
    windowsHide: true
  })
  if (result.error) throw result.error
  check({ file, args, expected }, result.status, result.stdout, result.stderr)
  return result.stdout.toString('utf8')
}

function timed(commands) {
  const cpuBefore = childrenCpu()
  let wall = 0
  for (const { file, args = [], cwd, env, input, expected } of commands) {
    const options = { cwd, env, input: input ?? '', maxBuffer: 1 << 30, windowsHide: true }
    const start = performance.now()
    const result = spawnSync(file, args, options)
    wall += performance.now() - start
    if (result.error) throw result.error
    check({ file, args, expected }, result.status, result.stdout, result.stderr)
  }
  return { wall, cpu: childrenCpu() - cpuBefore }
}

function check({ file, args, expected }, status, stdout, stderr) {
  const failed = status !== 0
  if (!failed && (expected === undefined || stdout.includes(expected))) return
  const why = failed ? `ended with status ${status}` : `did not print ${JSON.stringify(expected)}`
  const details = stderr.toString('utf8').trim().slice(0, 1000)
  throw new Error(`${file} ${args.join(' ').slice(0, 200)}\n  ${why}${details === '' ? '' : `: ${details}`}`)
}

/** Returns the processor time of all ended children and their children, in milliseconds. */
function childrenCpu() {
  if (!hasProc) return NaN
  // The second field is the program's name in brackets and may contain anything, brackets included.
  const fields = readFileSync('/proc/self/stat', 'latin1').replace(/^.*\)/s, '').trim().split(' ')
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / ticksPerSecond
}

function peakMemory({ file, args = [], cwd, env, input, expected }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, windowsHide: true })
    let peak = 0
    const sample = () => (peak = Math.max(peak, highWaterMark(child.pid)))
    const timer = setInterval(sample, 1)
    sample()
    const output = { stdout: [], stderr: [] }
    child.stdout.on('data', chunk => output.stdout.push(chunk))
    child.stderr.on('data', chunk => output.stderr.push(chunk))
    child.once('error', reject)
    child.once('close', status => {
      clearInterval(timer)
      try {
        check({ file, args, expected }, status, Buffer.concat(output.stdout), Buffer.concat(output.stderr))
        resolve(peak)
      } catch (error) {
        reject(error)
      }
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
  })
}

/** Returns the peak of the process or its largest child, in megabytes; 0 once the process has ended. */
function highWaterMark(pid) {
  const kilobytes = Number(/^VmHWM:\s*(\d+)/m.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0)
  const children = readProc(`/proc/${pid}/task/${pid}/children`).trim()
  const below = children === '' ? [] : children.split(' ').map(highWaterMark)
  return Math.max(kilobytes / 1024, ...below)
}

function readProc(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
