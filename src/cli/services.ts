import type { Vault } from '../vault/vault.js'
import type { Io } from './io.js'

/** What the commands ask of the rest of the program. Tests put fakes here. */
export interface Services {
  open: typeof import('../open.js').open
  call: typeof import('../operations/call.js').call
  /** Display defaults of `.vaultrc`; nothing that security depends on. */
  settings(vault: Vault): Promise<Settings>
  homeRegion(vault: Vault): Promise<string>
  history: typeof import('../vault/history.js').history
  log: typeof import('../vault/log.js').log
  purge: typeof import('../vault/purge.js').purge
  init: typeof import('../init.js').init
  newIdentity: typeof import('../identityFile.js').newIdentity
  showIdentity: typeof import('../identityFile.js').showIdentity
  unlock: typeof import('../unlock.js').unlock
  unlocked: typeof import('../unlock.js').unlocked
  lock: typeof import('../unlock.js').lock
  inspectRoot: typeof import('../trust.js').inspectRoot
  trust: typeof import('../trust.js').trust
  olderThanSeen: typeof import('../trust.js').olderThanSeen
  acceptOlder: typeof import('../trust.js').acceptOlder
  serve: typeof import('../serve.js').serve
  newCredential: typeof import('../credentials.js').newCredential
  listCredentials: typeof import('../credentials.js').listCredentials
  removeCredential: typeof import('../credentials.js').removeCredential
  ask: Ask
}

export interface Settings {
  readonly output?: string
}

/** Questions to the person at the terminal. Each rejects with `Interrupted` on Ctrl-C. */
export interface Ask {
  /** Nothing of the answer is shown. */
  secret(message: string): Promise<string>
  text(message: string, suggestion: string | undefined): Promise<string>
  confirm(message: string): Promise<boolean>
}

export interface World {
  readonly io: Io
  readonly services: Services
}

/** Each service is loaded when it is first called: starting up is most of what a short command does. */
export const realServices: Services = {
  open: async options => (await import('../open.js')).open(options),
  call: async (vault, operation, input) =>
    (await import('../operations/call.js')).call(vault, operation, input),
  settings: vault => vault.displayDefaults(),
  homeRegion: async vault => (await vault.read()).access.region,
  history: async (vault, secretId) => (await import('../vault/history.js')).history(vault, secretId),
  log: async function* (vault, options) {
    yield* (await import('../vault/log.js')).log(vault, options)
  },
  purge: async vault => (await import('../vault/purge.js')).purge(vault),
  init: async options => (await import('../init.js')).init(options),
  newIdentity: async options => (await import('../identityFile.js')).newIdentity(options),
  showIdentity: async () => (await import('../identityFile.js')).showIdentity(),
  unlock: async options => (await import('../unlock.js')).unlock(options),
  unlocked: async () => (await import('../unlock.js')).unlocked(),
  lock: async () => (await import('../unlock.js')).lock(),
  inspectRoot: async directory => (await import('../trust.js')).inspectRoot(directory),
  trust: async (directory, root) => (await import('../trust.js')).trust(directory, root),
  olderThanSeen: async (directory, name) => (await import('../trust.js')).olderThanSeen(directory, name),
  acceptOlder: async (directory, name) => (await import('../trust.js')).acceptOlder(directory, name),
  serve: async options => (await import('../serve.js')).serve(options),
  newCredential: async request => (await import('../credentials.js')).newCredential(request),
  listCredentials: async directory => (await import('../credentials.js')).listCredentials(directory),
  removeCredential: async (directory, name) =>
    (await import('../credentials.js')).removeCredential(directory, name),
  ask: {
    secret: async message => (await import('./prompt.js')).secret(message),
    text: async (message, suggestion) => (await import('./prompt.js')).text(message, suggestion),
    confirm: async message => (await import('./prompt.js')).confirm(message)
  }
}
