import { openRepository } from '../../src/system/repository.js'

/** Writes as it is told, says on stdout what was acknowledged, and kills itself where it is told. */
interface Orders {
  directory: string
  /** The secret's folder; its counter goes up by one with each write. */
  path: string
  count: number
  /** How many of them to make at once. */
  together?: number
  /** Kill at the `at`-th time that this step is reached. */
  kill?: { step: string; at: number }
  lockTimeout?: number
  /** End without closing the repository, as a program that knows nothing of that. */
  leave?: boolean
}

const orders = JSON.parse(process.argv[2]!) as Orders
let reached = 0

function onStep(step: string): void {
  if (orders.kill?.step === step && ++reached === orders.kill.at) process.kill(process.pid, 'SIGKILL')
}

const repository = await openRepository(orders.directory, {
  onStep,
  onWarning: line => process.stdout.write(`warning ${line}\n`),
  lockTimeout: orders.lockTimeout ?? 60_000
})
const put = async (): Promise<void> => {
  const { value, commit } = await repository.commit(async head => {
    const before = await head.read(`${orders.path}/stages.yaml`, 1000)
    const last = before === undefined ? 0 : Number(Buffer.from(before).toString('utf8'))
    const next = (Number.isNaN(last) ? 0 : last) + 1
    const files = new Map<string, Uint8Array | null>([
      [`${orders.path}/versions/${next}.yaml`, Buffer.from(`value ${next}\n`)],
      [`${orders.path}/stages.yaml`, Buffer.from(`${next}\n`)],
      [`${orders.path}/versions/${next - 2}.yaml`, null]
    ])
    return { change: { files, message: `Put ${next}`, member: 'ada', time: Date.now() }, value: next }
  })
  process.stdout.write(`acknowledged ${value} ${commit}\n`)
}
for (let count = 0; count < orders.count; count++)
  await Promise.all(Array.from({ length: orders.together ?? 1 }, put))
if (!orders.leave) await repository.close()
