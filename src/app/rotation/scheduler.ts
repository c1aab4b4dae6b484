import { VaultError } from '../../core/errors.js'
import { retryTime } from '../../core/rotation/attempts.js'
import { patienceFor } from '../../core/rotation/claim.js'
import type { NextRotation } from '../../core/rotation/due.js'
import type { Window } from '../../core/rotation/windows.js'
import { functionName } from '../../core/service/functionName.js'
import { logText } from '../../http/log.js'
import { nextOf, type RotationPlan } from '../../operations/rotationPlan.js'
import { shownName } from '../../vault/documents/place.js'
import type { Rotator } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import { isLocked } from '../../system/files/lock.js'
import type { Place } from '../../system/git/place.js'
import { rotationLock } from '../../system/git/rotationLock.js'
import { attempt, WHY, type Attempted } from './attempt.js'
import { isOwnClaim, ownClaim } from './claims.js'
import { attemptsOf, readFailure, type RotationFailure } from './failures.js'
import { registeredFunction, type RegisteredFunction } from './functions.js'
import { WatchedPlans } from './watchedPlans.js'

export interface SchedulerOptions {
  readonly vault: Vault
  readonly place: Place
  readonly rotator: Rotator
  /** Whether each write is pushed before it is acknowledged. */
  readonly isShared: boolean
  /** Runs what reads the work tree: see `Backend`. */
  readonly reading: <T>(work: () => Promise<T>) => Promise<T>
  /** Takes lines of JSON, one for each attempt. */
  readonly log: (text: string) => Promise<void>
  readonly notice: (line: string) => void
}

/** The longest time between two looks at the clock and the branch: the machine may sleep, and its clock may be set. */
const LONGEST_SLEEP = 60_000
const SHORTEST_SLEEP = 1_000

/** A secret whose window is open, or whose rotation has stored a new value and is not complete. */
interface Open {
  readonly arn: string
  readonly name: string
  /** The end of the window, in milliseconds since the Unix epoch; infinite if none is open. */
  readonly end: number
}

/**
 * Rotates the secrets of a vault in their windows, one at a time. It keeps no state that matters: the vault has the claims,
 * and the clone remembers which are its own, and what failed. So it can be killed at any point.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #plans: WatchedPlans
  readonly #nexts = new WeakMap<RotationPlan, { from: number; until: number; next?: NextRotation }>()
  #isStopping = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#plans = new WatchedPlans(options.vault, options.place)
  }

  /** How many secrets were read so far. */
  get reads(): number {
    return this.#plans.reads
  }

  /** The pass that is running ends after the rotation that is running. */
  stop(): void {
    this.#isStopping = true
  }

  /** Rotates what is to be rotated now. Returns the milliseconds after which to look again, a minute at most. */
  async pass(): Promise<number> {
    const { vault, reading } = this.#options
    const now = vault.clock.now()
    let wake = now + LONGEST_SLEEP
    const open: Open[] = []
    for (const plan of await reading(() => this.#plans.current())) {
      const next = plan.hasSchedule ? this.#next(plan, now) : undefined
      const { arn, name } = plan
      if (next?.isOpen === true) open.push({ arn, name, end: next.window.end })
      else if (isUnfinished(plan)) open.push({ arn, name, end: Infinity })
      else if (next) wake = Math.min(wake, next.window.start)
    }
    if (open.length > 0) wake = Math.min(wake, await this.#rotate(open))
    return Math.min(LONGEST_SLEEP, Math.max(SHORTEST_SLEEP, wake - vault.clock.now()))
  }

  /** Returns when to look again, in milliseconds since the Unix epoch. */
  async #rotate(open: readonly Open[]): Promise<number> {
    const { vault } = this.#options
    let wake = Infinity
    for (const { arn } of open.toSorted(inOrder)) {
      if (this.#isStopping) break
      const time = await this.#timeOf(arn)
      const now = vault.clock.now()
      if (time === undefined) continue
      if (time.at > now) wake = Math.min(wake, time.at)
      else {
        const attempted = await this.#attempt(time.plan, now)
        if (attempted.outcome === 'rotated') wake = 0
        // each of the others would wait for the remote in vain
        if (attempted.outcome === 'failed' && attempted.error.code === 'RemoteFailed') break
      }
    }
    return wake
  }

  /** When to try a secret, with its newest plan: a rotation before it may have fetched. `undefined` if not now. */
  async #timeOf(arn: string): Promise<{ plan: RotationPlan; at: number } | undefined> {
    const { vault, reading } = this.#options
    const plan = await reading(async () => {
      for (const one of await this.#plans.current()) if (one.arn === arn) return one
      return undefined
    })
    const now = vault.clock.now()
    const next = plan && this.#next(plan, now)
    if (!plan || (next?.isOpen !== true && !isUnfinished(plan))) return undefined
    if (isLocked(rotationLock(this.#options.place, arn))) return undefined
    const registered = registeredFunction((await vault.read()).access.vaultId, plan.functionArn)
    if (!registered) {
      this.#notRegistered(plan)
      return undefined
    }
    if (await this.#isOthers(plan, registered, now)) return undefined
    const failure = await readFailure(vault.repository.memory, arn)
    return { plan, at: timeOf(plan, next?.isOpen === true ? next.window : ANY_TIME, failure, now) }
  }

  async #attempt(plan: RotationPlan, since: number): Promise<Attempted> {
    const { vault, log } = this.#options
    // a bug that one secret meets must not stop the others
    const attempted = await attempt(vault, plan, this.#options).catch((cause: unknown): Attempted => ({
      outcome: 'failed',
      error: new VaultError('RotationFailed', `internal error: ${nameOf(cause)}`, { cause })
    }))
    const now = vault.clock.now()
    await log(
      logText({
        time: new Date(now).toISOString(),
        rotation: attempted.outcome,
        secret: shownName(plan.name, plan.elsewhere),
        function: functionName(plan.functionArn),
        ...('version' in attempted ? { version: attempted.version } : {}),
        ...detailsOf(attempted),
        ms: Math.max(0, now - since)
      })
    )
    return attempted
  }

  /** Whether another clone has begun the rotation, and may still be running it. */
  async #isOthers(
    { arn, claim }: RotationPlan,
    { timeout }: RegisteredFunction,
    now: number
  ): Promise<boolean> {
    if (!claim || now - claim.lastSign >= patienceFor(timeout)) return false
    return !isOwnClaim(await ownClaim(this.#options.vault.repository.memory, arn), claim)
  }

  #notRegistered({ name, elsewhere, functionArn }: RotationPlan): void {
    const what = functionName(functionArn) ?? functionArn
    this.#options.notice(
      `${shownName(name, elsewhere)} is not rotated here: its function "${what}" is not registered on this computer`
    )
  }

  /** The next rotation of a plan, worked out again only after the clock has come to another window, or was set back. */
  #next(plan: RotationPlan, now: number): NextRotation | undefined {
    const known = this.#nexts.get(plan)
    if (known && known.from <= now && now < known.until) return known.next
    const next = nextOf(plan, now)
    const until = next === undefined ? Infinity : next.isOpen ? next.window.end : next.window.start
    this.#nexts.set(plan, { from: now, until, ...(next ? { next } : {}) })
    return next
  }
}

/** The window that closes first comes first. */
const inOrder = (a: Open, b: Open): number => (a.end === b.end ? (a.name < b.name ? -1 : 1) : a.end - b.end)

/** Whether a rotation is to be finished at once: its new value may be in use already. */
const isUnfinished = ({ hasSchedule, claim }: RotationPlan): boolean =>
  hasSchedule && claim?.hasValue === true

const ANY_TIME: Window = { start: 0, end: Infinity }

/** When a secret is to be tried that may be rotated in a window. */
function timeOf(
  { claim }: RotationPlan,
  window: Window,
  failure: RotationFailure | undefined,
  now: number
): number {
  if (!failure || failure.token !== (claim?.version ?? '')) return window.start
  return retryTime({ time: Date.parse(failure.time), attempts: attemptsOf(failure) }, window, now)
}

function detailsOf(attempted: Attempted): object {
  if (attempted.outcome === 'left') return { cause: WHY[attempted.why] }
  if (attempted.outcome === 'rotated') return attempted.wasLeft ? { continued: true } : {}
  const { code, message } = attempted.error
  // after its first line, a message has what the function wrote
  return { error: code, cause: message.split('\n', 1)[0] }
}

/** The text of an error that is not ours may hold a secret. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Starts the rotation of a vault's secrets in their windows. */
export function rotateByItself(options: SchedulerOptions): { stop(): Promise<void> } {
  return keepRotating(new Scheduler(options), options.notice)
}

/** Runs passes until it is stopped. Its timers keep no process alive. */
function keepRotating(scheduler: Scheduler, notice: (line: string) => void): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let isStopping = false
  let running: Promise<void> = Promise.resolve()
  const pass = async (): Promise<void> => {
    const sleep = await scheduler.pass().catch((error: unknown) => {
      notice(`nothing is rotated: ${error instanceof VaultError ? error.message : nameOf(error)}`)
      return LONGEST_SLEEP
    })
    if (!isStopping) timer = setTimeout(start, sleep).unref()
  }
  const start = (): void => void (running = pass())
  start()
  return {
    stop() {
      isStopping = true
      scheduler.stop()
      clearTimeout(timer)
      return running
    }
  }
}
