import { connect } from 'node:net'
import { CONNECT_TIMEOUT } from './database.js'

/**
 * Returns whether a port of Redis has TLS: it has either TLS or none. Without TLS, Redis answers a line of text, and lets a
 * handshake of TLS wait. Throws if nothing listens there.
 */
export async function hasTls({
  host,
  port
}: {
  readonly host: string
  readonly port: number
}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let isConnected = false
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(CONNECT_TIMEOUT, () => end(true))
    socket.once('connect', () => {
      isConnected = true
      socket.write('PING\r\n')
    })
    // `+PONG`, or `-NOAUTH` for a client that has not logged in
    socket.once('data', bytes => end(!/^[+-]/.test(bytes.toString('latin1'))))
    socket.once('close', () => end(true))
    socket.once('error', error => (isConnected ? end(true) : reject(error)))
  })
}
