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
  /** Of these, those that have come in whole: they are finished whatever happens. */
  working: number
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
  readonly #clock: Clock
  readonly #most: number
  #emptied: (() => void) | undefined

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  open(socket: Socket): void {
    const opened = this.#clock.now()
    this.#makeRoom(opened - PATIENCE)
    if (this.#states.size >= this.#most + EXTRA) {
      socket.destroy()
      return
    }
    const isExtra = this.#states.size >= this.#most
    this.#states.set(socket, { isExtra, opened, isProved: false, active: 0, working: 0 })
    socket.once('close', () => {
      this.#states.delete(socket)
      if (this.#states.size === 0) this.#emptied?.()
    })
  }

  /** Ends the oldest that have proved and asked nothing for a while: strangers cannot keep everybody else out. */
  #makeRoom(before: number): void {
    for (const [socket, { opened, isProved, working }] of this.#states) {
      if (this.#states.size < this.#most || opened > before) return
      if (isProved || working > 0) continue
      this.#states.delete(socket)
      socket.destroy()
    }
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

  get active(): number {
    return [...this.#states.values()].reduce((sum, { active }) => sum + active, 0)
  }

  /** A request has begun. Gives what to call once it has come in whole, and once it is over. */
  begin(socket: Socket): { received(): void; done(): void } {
    const state = this.#states.get(socket)
    if (!state) return { received: () => undefined, done: () => undefined }
    if (++state.active > MOST_AHEAD) socket.destroy()
    let isReceived = false
    return {
      received: () => {
        isReceived = true
        state.working++
      },
      done: () => {
        state.active--
        if (isReceived) state.working--
      }
    }
  }

  /** Ends those on which nothing is going on, or nothing but a request that has not come in whole. */
  endIdle(alsoReceiving: boolean): void {
    for (const [socket, { active, working }] of this.#states)
      if (alsoReceiving ? working === 0 : active === 0) socket.destroy()
  }

  /** Until there is none. */
  empty(): Promise<void> {
    return new Promise(resolve => {
      if (this.#states.size === 0) resolve()
      else this.#emptied = resolve
    })
  }
}
