import type { Socket } from 'node:net'
import type { Clock } from '../core/ports.js'

/** What of a connection's requests is going on. */
interface State {
  /** Came when there were enough already. */
  readonly isExtra: boolean
  /** Milliseconds since the Unix epoch. */
  readonly opened: number
  /** A request on it was signed, or had the agent's token. */
  isProved: boolean
  /** Requests whose answer has not been sent. */
  active: number
  /** Of these, those that have come in whole and are being answered: they are finished whatever happens. */
  working: number
  /** When the last answer was there to be read: milliseconds since the Unix epoch. */
  answered: number
}

/** Beyond these nobody is even told that there are too many. */
const EXTRA = 32
/** How long a connection may be there without a proof before it can be made to leave for another: milliseconds. */
const PATIENCE = 1_000
/** Requests on one connection that were sent without waiting for answers. */
const MOST_AHEAD = 16

/** The connections there are, and how many there may be. */
export class Connections {
  readonly #states = new Map<Socket, State>()
  /** What is to become a connection once TLS has shaken hands, by the client's address and port. */
  readonly #greeting = new Map<string, { readonly socket: Socket; readonly opened: number }>()
  readonly #clock: Clock
  readonly #most: number
  #emptied: (() => void) | undefined

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /** Somebody knocks who has yet to shake hands. */
  greet(socket: Socket): void {
    const opened = this.#clock.now()
    for (const [key, waiting] of this.#greeting) {
      if (this.#greeting.size < this.#most || waiting.opened > opened - PATIENCE) break
      this.#greeting.delete(key)
      waiting.socket.destroy()
    }
    if (this.#greeting.size >= this.#most + EXTRA) {
      socket.destroy()
      return
    }
    const key = peerOf(socket)
    this.#greeting.set(key, { socket, opened })
    socket.once('close', () => this.#greeting.delete(key))
  }

  open(socket: Socket): void {
    this.#greeting.delete(peerOf(socket))
    const opened = this.#clock.now()
    this.#makeRoom(this.#most, opened - PATIENCE)
    this.#makeRoom(this.#most + EXTRA, opened)
    if (this.#states.size >= this.#most + EXTRA) {
      socket.destroy()
      return
    }
    const isExtra = this.#states.size >= this.#most
    this.#states.set(socket, { isExtra, opened, isProved: false, active: 0, working: 0, answered: 0 })
    socket.once('close', () => {
      this.#states.delete(socket)
      if (this.#states.size === 0) this.#emptied?.()
    })
  }

  /**
   * Ends the oldest that have proved and asked nothing until there are fewer than so many: strangers cannot keep
   * everybody else out. Those that came after `before` are spared.
   */
  #makeRoom(most: number, before: number): void {
    for (const [socket, { opened, isProved, working }] of this.#states) {
      if (this.#states.size < most || opened > before) return
      if (isProved || working > 0) continue
      this.#states.delete(socket)
      socket.destroy()
    }
  }

  /** Whether it was opened, and can be written to: not before TLS has shaken hands. */
  has(socket: Socket): boolean {
    return this.#states.has(socket)
  }

  /** Whether it is one too many, and is only there to be told so. */
  isExtra(socket: Socket): boolean {
    return this.#states.get(socket)?.isExtra ?? false
  }

  /** Whoever uses it has a credential. */
  prove(socket: Socket): void {
    const state = this.#states.get(socket)
    if (state) state.isProved = true
  }

  /** Whether an answer is owed on it. */
  isActive(socket: Socket): boolean {
    return (this.#states.get(socket)?.active ?? 0) > 0
  }

  /** Whether more than one answer is owed on it. */
  hasMore(socket: Socket): boolean {
    return (this.#states.get(socket)?.active ?? 0) > 1
  }

  /** Whether anything that has come in whole is being answered. */
  get isWorking(): boolean {
    return [...this.#states.values()].some(({ working }) => working > 0)
  }

  /** A request has begun. Gives what to call once it has come in whole, has its answer, and is over. */
  begin(socket: Socket): { received(): void; answered(): void; done(): void } {
    const state = this.#states.get(socket)
    if (!state) return { received: () => undefined, answered: () => undefined, done: () => undefined }
    if (++state.active > MOST_AHEAD) socket.destroy()
    let isReceived = false
    return {
      received: () => {
        isReceived = true
        state.working++
      },
      answered: () => {
        if (isReceived) state.working--
        state.answered = this.#clock.now()
      },
      done: () => void state.active--
    }
  }

  /** Ends those on which nothing is going on. */
  endIdle(): void {
    for (const [socket, { active }] of this.#states) if (active === 0) socket.destroy()
  }

  /** Ends those, too, whose request is still coming in, or whose answer has not been read for so many milliseconds. */
  endSlow(patience: number): void {
    const before = this.#clock.now() - patience
    for (const [socket, { working, answered }] of this.#states)
      if (working === 0 && answered <= before) socket.destroy()
  }

  /** Until there is none. */
  empty(): Promise<void> {
    return new Promise(resolve => {
      if (this.#states.size === 0) resolve()
      else this.#emptied = resolve
    })
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
