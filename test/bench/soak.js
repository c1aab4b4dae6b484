/**
 * npm run soak -- [--seconds N]
 *
 * Keeps the endpoint under a moderate mixed load for N seconds (default 3600): per second 50 reads, 2 writes
 * and 1 failing request, and now and then a list and a secret that is created and deleted. Prints the
 * server's memory over time. Exits with 1 if an answer was wrong, or if the memory was not flat: its median
 * in the last third must be at most 1.2 times that in the second third.
 */
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { run } from './processes.js'
import { project, Sandbox } from './sandbox.js'
import { startServe } from './serve.js'
import { signedRequest } from './sign.js'
import { median } from './statistics.js'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3600' } } })
const seconds = Number(values.seconds)
const SECRETS = 100
const built = spawnSync(process.execPath, [join(project, 'bin/setup.mjs')], { stdio: ['ignore', 2, 2] })
if (built.status !== 0) process.exit(1)

/** A connection that sends one request at a time. */
class Connection {
  #socket
  #turn = Promise.resolve()
  #got = ''
  #answered

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', chunk => {
      this.#got += chunk.toString('latin1')
      const end = this.#got.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#got)?.[1] ?? 0)
      if (end < 0 || this.#got.length < end + 4 + length) return
      const answer = this.#got
      this.#got = ''
      this.#answered(answer)
    })
  }

  ask(bytes) {
    const turn = this.#turn.then(
      () =>
        new Promise(resolve => {
          this.#answered = resolve
          this.#socket.write(bytes)
        })
    )
    this.#turn = turn
    return turn
  }

  end() {
    this.#socket.destroy()
  }
}

const sandbox = new Sandbox()
let served
try {
  run(sandbox.vault(sandbox.folder, 'identity', 'new', '--no-passphrase'))
  const vault = join(sandbox.folder, 'vault')
  run(sandbox.git(sandbox.folder, 'init', '-q', vault))
  run(sandbox.vault(vault, 'init', '--yes', '--member', 'soak'))
  served = await startServe(sandbox, vault)
  process.exitCode = (await soak(served)) ? 0 : 1
} finally {
  await served?.stop()
  sandbox.remove()
}

async function soak({ port, client, pid }) {
  const connections = Array.from({ length: 4 }, () => new Connection(port))
  let turn = 0
  const wrong = []
  const ask = async (operation, input, expected = 200) => {
    const connection = connections[turn++ % connections.length]
    const answer = await connection.ask(signedRequest(client, operation, input))
    if (!answer.startsWith(`HTTP/1.1 ${expected} `)) wrong.push(`${operation}: ${answer.slice(0, 300)}`)
    return answer
  }
  const name = number => `soak/${number % SECRETS}`
  const token = () => ({ ClientRequestToken: randomUUID() })
  for (let number = 0; number < SECRETS; number++)
    await ask('CreateSecret', { Name: name(number), SecretString: 'x'.repeat(500), ...token() })

  let tick = 0
  const jobs = new Set()
  const start = work => {
    const job = work.catch(error => wrong.push(String(error))).finally(() => jobs.delete(job))
    jobs.add(job)
  }
  const timer = setInterval(() => {
    tick++
    start(ask('GetSecretValue', { SecretId: name(tick) }))
    if (tick % 25 === 0)
      start(ask('PutSecretValue', { SecretId: name(tick / 25), SecretString: `value ${tick}`, ...token() }))
    if (tick % 100 === 0) start(ask('ListSecrets', { MaxResults: 50 }))
    if (tick % 50 === 0) start(ask('GetSecretValue', { SecretId: `none/${tick}` }, 400))
    if (tick % 500 === 0) start(createAndDelete(`brief/${tick}`))
  }, 20)
  const createAndDelete = async Name => {
    await ask('CreateSecret', { Name, SecretString: 'x', ...token() })
    await ask('DeleteSecret', { SecretId: Name, ForceDeleteWithoutRecovery: true })
  }
  const memory = []
  const began = performance.now()
  while (performance.now() - began < seconds * 1000) {
    await new Promise(resolve => setTimeout(resolve, Math.min(5_000, seconds * 20)))
    memory.push(resident(pid))
    if (memory.length % 12 === 0)
      process.stderr.write(
        `${Math.round((performance.now() - began) / 1000)} s  ${memory.at(-1).toFixed(0)} MB\n`
      )
  }
  clearInterval(timer)
  await Promise.all(jobs)
  for (const connection of connections) connection.end()

  const third = Math.floor(memory.length / 3)
  const [early, middle, late] = [0, 1, 2].map(part => median(memory.slice(part * third, (part + 1) * third)))
  const isFlat = late <= middle * 1.2
  process.stdout.write(
    `${seconds} s, ${tick} reads: memory ${early.toFixed(0)}, ${middle.toFixed(0)}, ${late.toFixed(0)} MB in each third, ` +
      `maximum ${Math.max(...memory).toFixed(0)}: ${isFlat ? 'flat' : 'NOT flat'}; ${wrong.length} wrong answers\n`
  )
  for (const line of wrong.slice(0, 5)) process.stdout.write(`${line}\n`)
  return isFlat && wrong.length === 0
}

/** Returns the resident memory of the process, in megabytes. */
function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
