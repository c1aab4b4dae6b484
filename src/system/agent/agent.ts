import { lstatSync, renameSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { errno, removeIfExists, suffix } from '../files/files.js'

/** A timer does not run while the machine sleeps, so the clock and the socket are checked this often. */
const EXPIRY_CHECK_INTERVAL_MS = 5_000
/** A client sends one word and reads one answer. A client that takes longer is disconnected. */
const CONNECTION_TIMEOUT_MS = 2_000
const MAX_REQUEST_LENGTH = 16
const MAX_CONNECTIONS = 500

/**
 * Keeps an identity unlocked: holds the seed in memory and sends it to any client of its socket. The file system lets
 * only the agent's user connect. A request is one word and a newline:
 *
 * - `seed`: returns the 32 bytes
 * - `until`: returns the time at which the agent ends, in milliseconds since the epoch
 * - `end`: forgets the seed, removes the socket and then returns `ended`
 *
 * The agent closes the connection after its answer. Any other request gets no answer. The agent ends when its time is
 * over, and when its socket has been removed or replaced: an agent that nobody can reach must not keep a secret.
 */
export class Agent {
  readonly #seed: Buffer
  /** Milliseconds since the epoch. */
  readonly #until: number
  /** The same time on the monotonic clock. */
  readonly #monotonicUntil: number
  readonly #now: () => number
  readonly #server = createServer(socket => this.#serve(socket))
  readonly #resolveEnded: () => void
  #timers: NodeJS.Timeout[] = []
  #socket: { readonly path: string; readonly fileId: string } | undefined
  /** Resolves when the agent has ended and has sent its last answer. */
  readonly ended: Promise<void>

  /**
   * @param seed is wiped when the agent ends
   * @param ttl milliseconds
   */
  constructor(seed: Buffer, ttl: number, now = Date.now) {
    this.#seed = seed
    this.#now = now
    this.#until = now() + ttl
    // setting the clock back must not extend the time
    this.#monotonicUntil = performance.now() + ttl
    let resolveEnded = (): void => undefined
    this.ended = new Promise(resolve => (resolveEnded = resolve))
    this.#resolveEnded = resolveEnded
  }

  /**
   * Listens at `path`. If another agent's socket exists there, renames it first and resolves with its new path: the caller
   * must stop that agent. An agent never removes the socket of another, so if several start together, one remains. The
   * caller has set the umask and checked the folder.
   */
  async listen(path: string): Promise<string | undefined> {
    const temporary = `${path}.${suffix()}`
    this.#server.maxConnections = MAX_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(temporary, resolve)
    })
    this.#server.removeAllListeners('error').on('error', () => this.end())
    this.#socket = { path, fileId: fileIdOf(temporary) ?? '' }
    const replaced = renameExisting(path)
    renameSync(temporary, path)
    this.#timers = [
      setTimeout(() => this.end(), this.#monotonicUntil - performance.now()),
      setInterval(() => this.#endIfExpired(), EXPIRY_CHECK_INTERVAL_MS)
    ]
    return replaced
  }

  /** Ends at once, without waiting for open connections. */
  end(): void {
    this.#forget()
    this.#resolveEnded()
  }

  #forget(): void {
    this.#seed.fill(0)
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
    const socket = this.#socket
    this.#socket = undefined
    if (socket && fileIdOf(socket.path) === socket.fileId) removeIfExists(socket.path)
    this.#server.close()
  }

  /** Returns whether the agent has ended. */
  #endIfExpired(): boolean {
    const socket = this.#socket
    const isExpired = this.#now() >= this.#until || performance.now() >= this.#monotonicUntil
    if (!isExpired && socket && fileIdOf(socket.path) === socket.fileId) return false
    this.end()
    return true
  }

  #serve(socket: Socket): void {
    const timeout = setTimeout(() => socket.destroy(), CONNECTION_TIMEOUT_MS)
    socket.on('close', () => clearTimeout(timeout))
    // the client has disconnected
    socket.on('error', () => undefined)
    socket.setEncoding('latin1')
    let received = ''
    let isAnswered = false
    socket.on('data', (text: string) => {
      if (isAnswered) return
      received += text
      const end = received.indexOf('\n')
      if (end < 0 && received.length <= MAX_REQUEST_LENGTH) return
      isAnswered = true
      this.#answer(received.slice(0, Math.max(end, 0)), socket)
    })
  }

  #answer(request: string, socket: Socket): void {
    if (this.#endIfExpired()) {
      socket.destroy()
    } else if (request === 'seed') {
      socket.end(this.#seed)
    } else if (request === 'until') {
      socket.end(String(this.#until))
    } else if (request === 'end') {
      this.#forget()
      socket.once('close', this.#resolveEnded)
      socket.end('ended', this.#resolveEnded)
    } else {
      socket.destroy()
    }
  }
}

/** Device and inode, which stay the same when a file is renamed. */
function fileIdOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat && `${stat.dev} ${stat.ino}`
}

/** Returns the new path; `undefined` if nothing was there. */
function renameExisting(path: string): string | undefined {
  const renamed = `${path}.${suffix()}`
  try {
    renameSync(path, renamed)
    return renamed
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw error
  }
}
