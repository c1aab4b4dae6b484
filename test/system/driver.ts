import { VaultError } from '../../src/core/errors.js'
import type { Change, Tree } from '../../src/core/ports.js'
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
  /** Each write adds one file of its own, and changes no other. */
  apart?: boolean
  /** Tries a write again as long as it is refused, for example because the user is merging. */
  patient?: boolean
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
const count = async (head: Tree): Promise<{ change: Change; value: number }> => {
  const before = await head.read(`${options.path}/stages.yaml`, 1000)
  const last = before === undefined ? 0 : Number(Buffer.from(before).toString('utf8'))
  const next = (Number.isNaN(last) ? 0 : last) + 1
  const files = new Map<string, Uint8Array | null>([
    [`${options.path}/versions/${next}.yaml`, Buffer.from(`value ${next}\n`)],
    [`${options.path}/stages.yaml`, Buffer.from(`${next}\n`)],
    [`${options.path}/versions/${next - 2}.yaml`, null]
  ])
  return { change: { files, message: `Put ${next}`, member: 'ada', time: Date.now() }, value: next }
}
async function put(number: number): Promise<void> {
  const files = new Map([[`${options.path}/${number}.yaml`, Buffer.from(`value ${number}\n`)]])
  const change = { files, message: `Put ${number}`, member: 'ada', time: Date.now() }
  for (;;) {
    try {
      const { value, commit } = await repository.commit(
        options.apart ? async () => ({ change, value: number }) : count
      )
      return void process.stdout.write(`acknowledged ${value} ${commit}\n`)
    } catch (error) {
      if (!options.patient || !(error instanceof VaultError)) throw error
      process.stdout.write(`refused ${error.code} ${error.message}\n`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
for (let round = 0; round < options.count; round++)
  await Promise.all(Array.from({ length: options.together ?? 1 }, () => put(round + 1)))
if (!options.leave) await repository.close()
