import type { Socket } from 'node:net'

/** What of a connection's requests is going on. */
interface State {
  /** Came when there were enough already. */
  readonly isExtra: boolean
  /** Requests whose answer has not been sent. */
  active: number
  /** Of these, those that have come in whole: they are finished whatever happens. */
  working: number
}

/** Beyond these nobody is even told that there are too many. */
const EXTRA = 32
/** Requests on one connection that were sent without waiting for answers. */
const MOST_AHEAD = 16

/** The connections there are, and how many there may be. */
export class Connections {
  readonly #states = new Map<Socket, State>()
  readonly #most: number
  #emptied: (() => void) | undefined

  constructor(most: number) {
    this.#most = most
  }

  open(socket: Socket): void {
    if (this.#states.size >= this.#most + EXTRA) {
      socket.destroy()
      return
    }
    this.#states.set(socket, { isExtra: this.#states.size >= this.#most, active: 0, working: 0 })
    socket.once('close', () => {
      this.#states.delete(socket)
      if (this.#states.size === 0) this.#emptied?.()
    })
  }

  /** Whether it is one too many, and is only there to be told so. */
  isExtra(socket: Socket): boolean {
    return this.#states.get(socket)?.isExtra ?? false
  }

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
