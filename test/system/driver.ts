import { openRepository } from '../../src/system/repository.js'

/** Makes the given number of writes, prints each acknowledged one to stdout, and kills itself at the given step. */
interface Options {
  directory: string
  /** The secret's folder; each write increments its counter. */
  path: string
  count: number
  /** How many writes to make at once, `count` times. */
  together?: number
  /** Kills the process at the `at`-th time that this step is reached. */
  kill?: { step: string; at: number }
  lockTimeout?: number
  /** Ends without closing the repository. */
  leave?: boolean
}

const options = JSON.parse(process.argv[2]!) as Options
let reached = 0

function onStep(step: string): void {
  if (options.kill?.step === step && ++reached === options.kill.at) process.kill(process.pid, 'SIGKILL')
}

const repository = await openRepository(options.directory, {
  onStep,
  onWarning: line => process.stdout.write(`warning ${line}\n`),
  lockTimeout: options.lockTimeout ?? 60_000
})
const put = async (): Promise<void> => {
  const { value, commit } = await repository.commit(async head => {
    const before = await head.read(`${options.path}/stages.yaml`, 1000)
    const last = before === undefined ? 0 : Number(Buffer.from(before).toString('utf8'))
    const next = (Number.isNaN(last) ? 0 : last) + 1
    const files = new Map<string, Uint8Array | null>([
      [`${options.path}/versions/${next}.yaml`, Buffer.from(`value ${next}\n`)],
      [`${options.path}/stages.yaml`, Buffer.from(`${next}\n`)],
      [`${options.path}/versions/${next - 2}.yaml`, null]
    ])
    return { change: { files, message: `Put ${next}`, member: 'ada', time: Date.now() }, value: next }
  })
  process.stdout.write(`acknowledged ${value} ${commit}\n`)
}
for (let count = 0; count < options.count; count++)
  await Promise.all(Array.from({ length: options.together ?? 1 }, put))
if (!options.leave) await repository.close()
