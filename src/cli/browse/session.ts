import { VaultError } from '../../core/errors.js'
import type { Vault } from '../../vault/vault.js'
import type { World } from '../command/services.js'
import type { Marks } from '../screen/line.js'
import type { OpenScreen, Screen } from '../screen/screen.js'
import { Interrupted } from '../terminal/io.js'
import { frameOf } from './frame.js'
import { reduce, type Event } from './reduce.js'
import { initialState, type Effect, type State, type Use } from './state.js'

/** The work of a browser beside drawing. */
export interface Deeds {
  /** Opens the vault: see `isOfIdentity`. */
  open(screen: () => Screen | undefined): Promise<Vault>
  read(vault: Vault, name: string, versionId: string | undefined): Promise<Event>
  /** Runs a command that changes a secret or copies from it. Returns its last words. */
  run(vault: Vault, effect: Effect & { kind: 'copy' | 'edit' | 'rollback' }): Promise<string>
  /** An error in words for people. */
  explain(error: unknown, name: string): Promise<string>
}

export interface SessionOptions {
  readonly prefix: string
  readonly marks: Marks
  readonly use: Use
  readonly openScreen: OpenScreen
  /** Milliseconds after which a value is hidden. */
  readonly hideAfter: number
}

/** Whether the identity could not be read. A vault remembers that, so that it must be opened again. */
const isOfIdentity = (error: unknown): boolean =>
  error instanceof Interrupted || (error instanceof VaultError && error.code.startsWith('Identity'))

/** How the browser was left. */
interface Left {
  readonly code: 'ok' | 'interrupted'
  readonly picked?: string
}

/** A person looking through the vault, until they leave. */
export class Session {
  readonly #world: World
  readonly #deeds: Deeds
  readonly #options: SessionOptions
  #vault!: Vault
  #screen: Screen | undefined
  #state!: State
  #wanted: string | undefined
  #isReadingDetails = false
  /** The command that runs. There is one at most, because it may use the terminal. */
  #command: Promise<void> | undefined
  #isLeft = false
  /** Counts the readings of the list: an older one stops. */
  #listing = 0
  #leave!: (how: Left) => void
  #fail!: (error: unknown) => void

  constructor(world: World, deeds: Deeds, options: SessionOptions) {
    this.#world = world
    this.#deeds = deeds
    this.#options = options
  }

  /** Returns the secret that was chosen for another command. Rejects with `Interrupted` on Ctrl-C. */
  async run(): Promise<string | undefined> {
    await this.#open()
    // a failure of the whole vault is reported before the screen changes
    await this.#vault.read()
    const { openScreen, use } = this.#options
    const left = new Promise<Left>((resolve, reject) => {
      this.#leave = resolve
      this.#fail = reject
    })
    this.#state = initialState({ columns: 80, rows: 24 }, use)
    const screen = openScreen(event => {
      if (event.kind === 'closed') this.#leave({ code: 'interrupted' })
      else this.#on(event)
    })
    try {
      this.#screen = screen
      this.#on({ kind: 'resize', size: screen.size })
      this.#perform({ kind: 'reload' })
      const { code, picked } = await left
      // an editor that was started must not outlive the screen
      await this.#command
      if (code === 'interrupted') throw new Interrupted()
      return picked
    } finally {
      this.#listing++
      screen.close()
      this.#screen = undefined
    }
  }

  async #open(): Promise<void> {
    this.#vault = await this.#deeds.open(() => this.#screen)
  }

  #on(event: Event): void {
    if (this.#isLeft && event.kind === 'key') return
    try {
      const [state, effects] = reduce(this.#state, event)
      this.#state = state
      this.#screen?.show(frameOf(state, this.#options.marks))
      for (const effect of effects) this.#perform(effect)
    } catch (error) {
      this.#fail(error)
    }
  }

  #perform(effect: Effect): void {
    const work = this.#begin(effect)
    work?.catch(this.#fail)
  }

  #begin(effect: Effect): Promise<void> | undefined {
    switch (effect.kind) {
      case 'leave':
        this.#isLeft = true
        this.#leave({ code: effect.code })
        return undefined
      case 'pick':
        this.#isLeft = true
        this.#leave({ code: 'ok', picked: effect.name })
        return undefined
      case 'hideLater':
        this.#hideLater(effect.lease)
        return undefined
      case 'reload':
        return this.#list()
      case 'details':
        this.#wanted = effect.name
        return this.#isReadingDetails ? undefined : this.#readDetails()
      case 'open':
        return this.#attempt(effect.name, async () =>
          this.#on(await this.#deeds.read(this.#vault, effect.name, effect.versionId))
        )
      case 'copy':
      case 'edit':
      case 'rollback':
        // keys may be read before the command has the terminal
        this.#command ??= this.#runCommand(effect).finally(() => (this.#command = undefined))
        return this.#command
    }
  }

  #runCommand(effect: Effect & { kind: 'copy' | 'edit' | 'rollback' }): Promise<void> {
    return this.#attempt(effect.name, async () => {
      const message = await this.#deeds.run(this.#vault, effect)
      if (message !== '') this.#on({ kind: 'said', message })
      if (effect.kind !== 'copy') this.#perform({ kind: 'details', name: effect.name })
    })
  }

  #hideLater(lease: number): void {
    setTimeout(() => this.#on({ kind: 'timeout', lease }), this.#options.hideAfter).unref()
  }

  /** Says on the screen why the work failed. The session goes on. */
  async #attempt(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const isStopped = error instanceof Interrupted
      const message = isStopped ? 'nothing was changed' : await this.#deeds.explain(error, name)
      if (isOfIdentity(error)) await this.#open()
      this.#on({ kind: 'said', message })
    }
  }

  async #list(): Promise<void> {
    const own = ++this.#listing
    const { browse } = await this.#world.services.browsing()
    for await (const batch of browse(this.#vault, this.#options.prefix)) {
      if (own !== this.#listing) return
      this.#on({ kind: 'found', batch })
    }
    this.#on({ kind: 'allRead' })
  }

  /** Reads what was chosen last: what was chosen before that is no longer shown. */
  async #readDetails(): Promise<void> {
    this.#isReadingDetails = true
    try {
      const { secretDetails } = await this.#world.services.browsing()
      for (let name = this.#wanted; name !== undefined; name = this.#wanted) {
        this.#wanted = undefined
        try {
          this.#on({ kind: 'details', name, details: await secretDetails(this.#vault, name) })
        } catch (error) {
          this.#on({ kind: 'noDetails', name, problem: await this.#deeds.explain(error, name) })
        }
      }
    } finally {
      this.#isReadingDetails = false
    }
  }
}
