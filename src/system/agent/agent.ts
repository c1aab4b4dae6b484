import { lstatSync, renameSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { errno, removeIfThere, suffix } from '../files/files.js'

/** How often it looks whether its time is over: a timer stands still while the machine sleeps. */
const LOOK_AGAIN = 5_000
/** A client says one word and takes one answer. Who takes longer over it, or says more, is left. */
const PATIENCE = 2_000
const LONGEST_REQUEST = 16
const MOST_CONNECTIONS = 500

/**
 * What keeps an identity unlocked: it has the seed in memory, and gives it to whoever can connect to its socket, which
 * the file system allows its user alone. A request is one word and a newline:
 *
 * - `seed`: the 32 bytes
 * - `until`: when it ends, in milliseconds since the epoch
 * - `end`: it forgets the seed, removes the socket and then says `ended`
 *
 * An answer ends with the connection; to anything else there is none. It ends by itself when its time is over, and when
 * its socket is not there any more or is another's: what nobody can reach keeps no secret.
 */
export class IdentityAgent {
  readonly #seed: Buffer
  readonly #until: number
  readonly #last: number
  readonly #now: () => number
  readonly #server = createServer(socket => this.#serve(socket))
  readonly #tell: () => void
  #looking: NodeJS.Timeout[] = []
  #own: { readonly path: string; readonly file: string } | undefined
  /** Resolves when it has ended, its last answer given. */
  readonly ended: Promise<void>

  /**
   * @param seed is wiped in the end
   * @param ttl milliseconds
   */
  constructor(seed: Buffer, ttl: number, now = Date.now) {
    this.#seed = seed
    this.#now = now
    this.#until = now() + ttl
    // a clock that is set back makes it no longer
    this.#last = performance.now() + ttl
    let tell = (): void => undefined
    this.ended = new Promise(resolve => (tell = resolve))
    this.#tell = tell
  }

  /**
   * Takes the place of what is at `path`, dead or alive, and resolves with the name that it has now: it has to be told to
   * end. Each moves the one before aside and never removes what another has put there, so of many that start together
   * one is left. Umask and folder have to be right.
   */
  async listen(path: string): Promise<string | undefined> {
    const beside = `${path}.${suffix()}`
    this.#server.maxConnections = MOST_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(beside, resolve)
    })
    this.#server.removeAllListeners('error').on('error', () => this.end())
    this.#own = { path, file: fileAt(beside) ?? '' }
    const aside = moveAside(path)
    renameSync(beside, path)
    this.#looking = [
      setTimeout(() => this.end(), this.#last - performance.now()),
      setInterval(() => this.#isOver(), LOOK_AGAIN)
    ]
    return aside
  }

  /** At once, whatever is being asked. */
  end(): void {
    this.#forget()
    this.#tell()
  }

  #forget(): void {
    this.#seed.fill(0)
    for (const timer of this.#looking) clearInterval(timer)
    this.#looking = []
    const own = this.#own
    this.#own = undefined
    if (own && fileAt(own.path) === own.file) removeIfThere(own.path)
    this.#server.close()
  }

  /** Ends it, if so. */
  #isOver(): boolean {
    const own = this.#own
    const isTime = this.#now() >= this.#until || performance.now() >= this.#last
    if (!isTime && own && fileAt(own.path) === own.file) return false
    this.end()
    return true
  }

  #serve(socket: Socket): void {
    const patience = setTimeout(() => socket.destroy(), PATIENCE)
    socket.on('close', () => clearTimeout(patience))
    // a client that has gone
    socket.on('error', () => undefined)
    socket.setEncoding('latin1')
    let said = ''
    let isAnswered = false
    socket.on('data', (text: string) => {
      if (isAnswered) return
      said += text
      const end = said.indexOf('\n')
      if (end < 0 && said.length <= LONGEST_REQUEST) return
      isAnswered = true
      this.#answer(said.slice(0, Math.max(end, 0)), socket)
    })
  }

  #answer(request: string, socket: Socket): void {
    if (this.#isOver()) {
      socket.destroy()
    } else if (request === 'seed') {
      socket.end(this.#seed)
    } else if (request === 'until') {
      socket.end(String(this.#until))
    } else if (request === 'end') {
      this.#forget()
      socket.once('close', this.#tell)
      socket.end('ended', this.#tell)
    } else {
      socket.destroy()
    }
  }
}

/** Which file it is, whatever its name. */
function fileAt(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat && `${stat.dev} ${stat.ino}`
}

function moveAside(path: string): string | undefined {
  const aside = `${path}.${suffix()}`
  try {
    renameSync(path, aside)
    return aside
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw error
  }
}
