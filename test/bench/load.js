/**
 * Sends requests to an endpoint as fast as it answers, over several connections, in a process of its own.
 * Takes one argument of JSON and prints the measured rates as JSON:
 *   { port, client, operation, connections, seconds, name }   # in `name` is replaced by a number
 * A read is signed once per second. Each write has its own token, and so its own signature.
 */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { signedRequest } from './sign.js'

const { port, client, operation, connections, seconds, name } = JSON.parse(process.argv[2])
const times = []
let failed = 0
let last = ''
const until = performance.now() + seconds * 1000
const started = performance.now()
await Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
const elapsed = (performance.now() - started) / 1000
times.sort((a, b) => a - b)
const percentile = part => times[Math.min(times.length - 1, Math.floor(times.length * part))]
process.stdout.write(
  JSON.stringify({ rate: times.length / elapsed, p50: percentile(0.5), p99: percentile(0.99), failed, last })
)

function run(number) {
  let turn = 0
  // Writes go round ten secrets per connection, so that no secret exceeds its quota of versions.
  const secretOf = () =>
    name.replace('#', String(number + connections * (operation === 'PutSecretValue' ? turn++ % 10 : 0)))
  let signed = { second: -1, bytes: undefined }
  const next = () => {
    if (operation === 'PutSecretValue') {
      const SecretString = `value ${Math.random()}`
      return signedRequest(client, operation, {
        SecretId: secretOf(),
        SecretString,
        ClientRequestToken: randomUUID()
      })
    }
    const second = Math.floor(Date.now() / 1000)
    if (signed.second !== second)
      signed = { second, bytes: signedRequest(client, operation, { SecretId: secretOf() }) }
    return signed.bytes
  }
  return new Promise((resolve, reject) => {
    let socket
    let sent = 0
    let got = []
    const ask = () => {
      if (performance.now() >= until) {
        socket.removeAllListeners()
        socket.destroy()
        resolve()
        return
      }
      const bytes = next()
      sent = performance.now()
      socket.write(bytes)
    }
    const open = () => {
      socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.on('connect', ask)
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the server closed the connection')))
      socket.on('data', chunk => {
        got.push(chunk)
        const answer = completeResponse(got)
        if (answer === undefined) return
        got = []
        times.push(performance.now() - sent)
        if (!answer.startsWith('HTTP/1.1 200')) {
          failed++
          last = answer.slice(0, 500)
        }
        // A server that closes after each response needs a new connection.
        if (!/\r\nconnection: close\r\n/i.test(answer)) return ask()
        socket.removeAllListeners()
        socket.destroy()
        open()
      })
    }
    open()
  })
}

/** Returns the response if all of it has arrived, else undefined. */
function completeResponse(chunks) {
  const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return text.length >= end + 4 + length ? text : undefined
}
