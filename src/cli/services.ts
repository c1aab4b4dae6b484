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
  verify: typeof import('../vault/verify.js').verify
  verifyRange: typeof import('../vault/verifyRange.js').verifyRange
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
  acceptInvitation: typeof import('../trust.js').acceptInvitation
  /** Who may do what; loaded as a whole, for these commands are not given often. */
  team(): Promise<typeof import('../vault/team.js')>
  roster(): Promise<typeof import('../vault/roster.js')>
  adopt(): Promise<typeof import('../vault/adopt.js')>
  request(): Promise<typeof import('../vault/request.js')>
  doctor: typeof import('../doctor.js').doctor
  recovery(): Promise<Recoveries>
  exposure: typeof import('../vault/exposure.js').exposure
  /** A file that the user named, which is not there yet. */
  writeFile(path: string, text: string): Promise<void>
  serve: typeof import('../serve.js').serve
  newCredential: typeof import('../credentials.js').newCredential
  listCredentials: typeof import('../credentials.js').listCredentials
  removeCredential: typeof import('../credentials.js').removeCredential
  ask: Ask
}

type Recoveries = typeof import('../recovery.js') & typeof import('../vault/recovery.js')

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
  verify: async (vault, options) => (await import('../vault/verify.js')).verify(vault, options),
  verifyRange: async (vault, options) =>
    (await import('../vault/verifyRange.js')).verifyRange(vault, options),
  init: async options => (await import('../init.js')).init(options),
  newIdentity: async options => (await import('../identityFile.js')).newIdentity(options),
  showIdentity: async () => (await import('../identityFile.js')).showIdentity(),
  unlock: async options => (await import('../unlock.js')).unlock(options),
  unlocked: async () => (await import('../unlock.js')).unlocked(),
  lock: async () => (await import('../unlock.js')).lock(),
  inspectRoot: async directory => (await import('../trust.js')).inspectRoot(directory),
  trust: async (directory, root, over) => (await import('../trust.js')).trust(directory, root, over),
  olderThanSeen: async (directory, name) => (await import('../trust.js')).olderThanSeen(directory, name),
  acceptOlder: async (directory, name) => (await import('../trust.js')).acceptOlder(directory, name),
  acceptInvitation: async (directory, text) =>
    (await import('../trust.js')).acceptInvitation(directory, text),
  team: async () => import('../vault/team.js'),
  roster: async () => import('../vault/roster.js'),
  adopt: async () => import('../vault/adopt.js'),
  request: async () => import('../vault/request.js'),
  doctor: async function* (directory, vault) {
    yield* (await import('../doctor.js')).doctor(directory, vault)
  },
  recovery: async () => ({ ...(await import('../recovery.js')), ...(await import('../vault/recovery.js')) }),
  exposure: async (vault, progress) => (await import('../vault/exposure.js')).exposure(vault, progress),
  writeFile: async (path, text) => (await import('../namedFile.js')).writeNamed(path, text),
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
