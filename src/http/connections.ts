import type { Socket } from 'node:net'
import type { Clock } from '../core/ports.js'

/** The requests in progress on one connection. */
interface State {
  /** Opened when the limit was already reached. */
  readonly isExtra: boolean
  /** Milliseconds since the Unix epoch. */
  readonly opened: number
  /** One of its requests was signed, or had the agent's token. */
  isAuthenticated: boolean
  /** Requests whose answer has not been sent. */
  active: number
  /** Of these, those that have arrived in full and are being answered: they are always finished. */
  working: number
  /** When the last answer was ready to be read: milliseconds since the Unix epoch. */
  answered: number
}

/** Connections beyond the limit that get an answer saying so. Any more are closed without one. */
const EXTRA = 32
/** How long an unauthenticated connection is safe from being closed to make room: milliseconds. */
const PATIENCE = 1_000
/** Pipelined requests on one connection. */
const MAX_PIPELINED = 16

/** The open connections, and their limit. */
export class Connections {
  readonly #states = new Map<Socket, State>()
  /** Connections in their TLS handshake, by the client's address and port. */
  readonly #handshakes = new Map<string, { readonly socket: Socket; readonly opened: number }>()
  readonly #clock: Clock
  readonly #limit: number
  #emptied: (() => void) | undefined

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Adds a connection whose TLS handshake begins. */
  openHandshake(socket: Socket): void {
    const opened = this.#clock.now()
    for (const [key, waiting] of this.#handshakes) {
      if (this.#handshakes.size < this.#limit || waiting.opened > opened - PATIENCE) break
      this.#handshakes.delete(key)
      waiting.socket.destroy()
    }
    if (this.#handshakes.size >= this.#limit + EXTRA) {
      socket.destroy()
      return
    }
    const key = peerOf(socket)
    this.#handshakes.set(key, { socket, opened })
    socket.once('close', () => this.#handshakes.delete(key))
  }

  /** Adds a connection that can carry requests. */
  open(socket: Socket): void {
    this.#handshakes.delete(peerOf(socket))
    const opened = this.#clock.now()
    this.#makeRoom(this.#limit, opened - PATIENCE)
    this.#makeRoom(this.#limit + EXTRA, opened)
    if (this.#states.size >= this.#limit + EXTRA) {
      socket.destroy()
      return
    }
    const isExtra = this.#states.size >= this.#limit
    this.#states.set(socket, { isExtra, opened, isAuthenticated: false, active: 0, working: 0, answered: 0 })
    socket.once('close', () => {
      this.#states.delete(socket)
      if (this.#states.size === 0) this.#emptied?.()
    })
  }

  /**
   * Closes the oldest connections that are unauthenticated and idle, until there are fewer than `limit`:
   * strangers cannot keep everybody else out. Connections opened after `before` are spared.
   */
  #makeRoom(limit: number, before: number): void {
    for (const [socket, { opened, isAuthenticated, working }] of this.#states) {
      if (this.#states.size < limit || opened > before) return
      if (isAuthenticated || working > 0) continue
      this.#states.delete(socket)
      socket.destroy()
    }
  }

  /** Whether it is open and can be written to. False during its TLS handshake. */
  has(socket: Socket): boolean {
    return this.#states.has(socket)
  }

  /** Whether it is over the limit, and is open only to be told so. */
  isExtra(socket: Socket): boolean {
    return this.#states.get(socket)?.isExtra ?? false
  }

  /** Records that the client has a credential. */
  authenticate(socket: Socket): void {
    const state = this.#states.get(socket)
    if (state) state.isAuthenticated = true
  }

  /** Whether at least one answer is still to be sent. */
  isActive(socket: Socket): boolean {
    return (this.#states.get(socket)?.active ?? 0) > 0
  }

  /** Whether more than one answer is still to be sent. */
  hasMore(socket: Socket): boolean {
    return (this.#states.get(socket)?.active ?? 0) > 1
  }

  /** Whether any request that has arrived in full is being answered. */
  get isWorking(): boolean {
    return [...this.#states.values()].some(({ working }) => working > 0)
  }

  /**
   * Records that a request has begun. Returns what to call once it has arrived in full, is answered, and is
   * sent.
   */
  begin(socket: Socket): { received(): void; answered(): void; done(): void } {
    const state = this.#states.get(socket)
    if (!state) return { received: () => undefined, answered: () => undefined, done: () => undefined }
    if (++state.active > MAX_PIPELINED) socket.destroy()
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

  /** Closes the connections without a request in progress. */
  endIdle(): void {
    for (const [socket, { active }] of this.#states) if (active === 0) socket.destroy()
  }

  /**
   * Also closes those whose request is still arriving, or whose answer has not been read for `patience`
   * milliseconds.
   */
  endSlow(patience: number): void {
    const before = this.#clock.now() - patience
    for (const [socket, { working, answered }] of this.#states)
      if (working === 0 && answered <= before) socket.destroy()
  }

  /** Resolves once there is no connection. */
  empty(): Promise<void> {
    return new Promise(resolve => {
      if (this.#states.size === 0) resolve()
      else this.#emptied = resolve
    })
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
