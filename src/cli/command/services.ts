import type { Choice } from '../terminal/prompt.js'
import type { Vault } from '../../vault/vault.js'
import type { Io } from '../terminal/io.js'

/** The rest of the program, as the commands use it. Tests replace it with fakes. */
export interface Services {
  open: typeof import('../../app/open.js').open
  call: typeof import('../../operations/call.js').call
  /** The display defaults of `.vaultrc`. Security never depends on them. */
  settings(vault: Vault): Promise<Settings>
  homeRegion(vault: Vault): Promise<string>
  history: typeof import('../../vault/history.js').history
  namesElsewhere: typeof import('../../vault/elsewhere.js').namesElsewhere
  nearNames: typeof import('../../app/nearNames.js').nearNames
  completions(): Promise<typeof import('../../app/completions.js')>
  browsing(): Promise<typeof import('../../app/browsing.js')>
  rollback: typeof import('../../operations/rollback.js').rollback
  newPassword: typeof import('../../operations/newPassword.js').newPassword
  importSecrets: typeof import('../../operations/importSecrets.js').importSecrets
  copying(): Promise<typeof import('../../operations/copySecrets.js')>
  passStores(): Promise<typeof import('../../app/sources/pass.js')>
  decryptSops: typeof import('../../app/sources/sops.js').decryptSops
  /** @param url left out, the one of the AWS CLI's own settings */
  endpoint(url: string | undefined): Promise<import('../../app/sources/endpoint.js').Endpoint>
  log: typeof import('../../vault/log/log.js').log
  cloudTrail: typeof import('../../vault/log/cloudTrail.js').cloudTrail
  diff: typeof import('../../vault/diff/diff.js').diff
  textconv: typeof import('../../app/textconv.js').textconv
  purge: typeof import('../../vault/purge.js').purge
  repairDates(): Promise<typeof import('../../vault/repairDates.js')>
  verify: typeof import('../../vault/verify/verify.js').verify
  verifyRange: typeof import('../../vault/verify/verifyRange.js').verifyRange
  resolve: typeof import('../../app/resolve.js').resolve
  init: typeof import('../../app/init.js').init
  initRules(): Promise<typeof import('../../app/initRules.js')>
  newIdentity: typeof import('../../app/identityFile.js').newIdentity
  showIdentity: typeof import('../../app/identityFile.js').showIdentity
  changePassphrase: typeof import('../../app/ownIdentity.js').changePassphrase
  exportIdentity: typeof import('../../app/ownIdentity.js').exportIdentity
  unlock: typeof import('../../app/unlock.js').unlock
  unlocked: typeof import('../../app/unlock.js').unlocked
  lock: typeof import('../../app/unlock.js').lock
  inspectRoot: typeof import('../../app/trust.js').inspectRoot
  trust: typeof import('../../app/trust.js').trust
  olderThanSeen: typeof import('../../app/trust.js').olderThanSeen
  acceptOlder: typeof import('../../app/trust.js').acceptOlder
  acceptInvitation: typeof import('../../app/trust.js').acceptInvitation
  /** Loaded as a whole, because these commands are rarely used. */
  team(): Promise<typeof import('../../vault/team/team.js')>
  roster(): Promise<typeof import('../../vault/team/roster.js')>
  kmsKeys(): Promise<typeof import('../../vault/memory/kmsKeys.js')>
  rebinding(): Promise<typeof import('../../vault/team/rebinding.js')>
  adopt(): Promise<typeof import('../../vault/team/adopt.js')>
  request(): Promise<typeof import('../../vault/team/memberRequest.js')>
  guard(): Promise<GuardModules>
  sync: typeof import('../../app/sync/sync.js').sync
  clone: typeof import('../../app/clone.js').clone
  standing: typeof import('../../app/clone.js').standing
  formerUser: typeof import('../../app/formerMember.js').formerUser
  formerUserAround: typeof import('../../app/formerMember.js').formerUserAround
  doctor: typeof import('../../app/doctor/doctor.js').doctor
  applyFixes: typeof import('../../app/doctor/applyFixes.js').applyFixes
  recovery(): Promise<RecoveryModules>
  exposure: typeof import('../../vault/team/exposure.js').exposure
  waive: typeof import('../../vault/team/waiver.js').waive
  runMergeDriver: typeof import('../../app/mergeDriver.js').runMergeDriver
  report(): Promise<ReportModules>
  readPlan: typeof import('../../app/run/readPlan.js').readPlan
  runner(): Promise<typeof import('../../app/run/runWith.js')>
  credentialFiles(): Promise<typeof import('../../app/credentialFiles.js')>
  createPrivateFolder: typeof import('../../app/privateFolder.js').createPrivateFolder
  wipeLeftovers: typeof import('../../app/privateFolder.js').wipeLeftovers
  clipboard(): Promise<typeof import('../../app/clipboard.js')>
  userEditor(): Promise<ReturnType<typeof import('../../app/editor.js').userEditor>>
  editFile: typeof import('../../app/editor.js').editFile
  /** Creates a file that the user named. Fails if it exists. */
  writeFile(path: string, text: string): Promise<void>
  writePrivateFile: typeof import('../../app/namedFile.js').writePrivate
  serve: typeof import('../../app/serve.js').serve
  newCredential: typeof import('../../app/credentials.js').newCredential
  listCredentials: typeof import('../../app/credentials.js').listCredentials
  removeCredential: typeof import('../../app/credentials.js').removeCredential
  functions(): Promise<FunctionModules>
  /** Rotating for people, which no operation of the service does. */
  rotating(): Promise<typeof import('../../app/rotation/rotate.js')>
  scheduled(): Promise<ScheduledModules>
  replacing(): Promise<typeof import('../../app/rotation/replaceValue.js')>
  exposedSecrets(): Promise<typeof import('../../app/rotation/exposedSecrets.js')>
  runRotation: typeof import('../../app/runRotation.js').runRotation
  rotationStatus: typeof import('../../app/rotation/status.js').rotationStatus
  profile: (name: string) => Promise<import('../../app/profiles.js').Profile | undefined>
  profiles(): Promise<typeof import('../../app/profiles.js')>
  ask: Ask
}

type RecoveryModules = typeof import('../../app/recovery.js') & typeof import('../../vault/team/recovery.js')

type ReportModules = typeof import('../../app/report/gather.js') &
  typeof import('../../app/report/writeReport.js') &
  typeof import('../../core/report/page.js')

type FunctionModules = typeof import('../../app/rotation/functions.js') &
  typeof import('../../app/rotation/testFunction.js')

type ScheduledModules = typeof import('../../app/rotation/dueSecrets.js') &
  typeof import('../../app/rotation/rotateDue.js') &
  typeof import('../../app/openPushing.js')

type GuardModules = typeof import('../../app/guard/guard.js') & typeof import('../../app/guard/hook.js')

export interface Settings {
  readonly output?: string
  /** The secrets that \`run\` takes if none is named. */
  readonly run?: readonly string[]
}

/** Questions to the user at the terminal. Each rejects with `Interrupted` on Ctrl-C. */
export interface Ask {
  /** Does not show the answer. */
  secret(message: string): Promise<string>
  /** As `secret`, at the terminal itself whatever stdin and stderr are. Returns `undefined` if there is no terminal. */
  secretAtTerminal(message: string, lineBefore?: string): Promise<string | undefined>
  /** Asks for an exact text without showing it. It may have several lines. With `untilEnd`, Ctrl-D ends it, not Enter. */
  value(message: string, untilEnd: boolean): Promise<string>
  /** @param problemWith returns why an answer is refused, and then the question is asked again */
  text(
    message: string,
    suggestion: string | undefined,
    problemWith?: (answer: string) => string | undefined
  ): Promise<string>
  /** @param suggestion the answer of Enter alone: no by default */
  confirm(message: string, suggestion?: boolean): Promise<boolean>
  /** Asks for at least one of the choices. */
  choose(message: string, choices: readonly Choice[]): Promise<string[]>
}

export interface World {
  readonly io: Io
  readonly services: Services
}

/** Loads each service when it is first called, because start-up is most of the time of a short command. */
export const realServices: Services = {
  open: async options => (await import('../../app/open.js')).open(options),
  call: async (vault, operation, input) =>
    (await import('../../operations/call.js')).call(vault, operation, input),
  settings: vault => vault.displayDefaults(),
  homeRegion: async vault => (await vault.read()).access.region,
  history: async (vault, secretId) => (await import('../../vault/history.js')).history(vault, secretId),
  namesElsewhere: async (vault, isHome, matches) =>
    (await import('../../vault/elsewhere.js')).namesElsewhere(vault, isHome, matches),
  nearNames: async (directory, region, name) =>
    (await import('../../app/nearNames.js')).nearNames(directory, region, name),
  completions: async () => import('../../app/completions.js'),
  browsing: async () => import('../../app/browsing.js'),
  log: async function* (vault, options) {
    yield* (await import('../../vault/log/log.js')).log(vault, options)
  },
  newPassword: async (vault, rule) =>
    (await import('../../operations/newPassword.js')).newPassword(vault, rule),
  importSecrets: async (vault, values, options) =>
    (await import('../../operations/importSecrets.js')).importSecrets(vault, values, options),
  copying: async () => import('../../operations/copySecrets.js'),
  passStores: async () => import('../../app/sources/pass.js'),
  decryptSops: async (file, format, limit) =>
    (await import('../../app/sources/sops.js')).decryptSops(file, format, limit),
  endpoint: async url => new (await import('../../app/sources/endpoint.js')).Endpoint(url),
  rollback: async (vault, request) => (await import('../../operations/rollback.js')).rollback(vault, request),
  purge: async (vault, skipped) => (await import('../../vault/purge.js')).purge(vault, skipped),
  cloudTrail: async function* (vault, options) {
    yield* (await import('../../vault/log/cloudTrail.js')).cloudTrail(vault, options)
  },
  diff: async function* (vault, options) {
    yield* (await import('../../vault/diff/diff.js')).diff(vault, options)
  },
  textconv: async (bytes, directory) => (await import('../../app/textconv.js')).textconv(bytes, directory),
  repairDates: async () => import('../../vault/repairDates.js'),
  verify: async (vault, options) => (await import('../../vault/verify/verify.js')).verify(vault, options),
  verifyRange: async (vault, options) =>
    (await import('../../vault/verify/verifyRange.js')).verifyRange(vault, options),
  resolve: async (directory, vault, options) =>
    (await import('../../app/resolve.js')).resolve(directory, vault, options),
  init: async options => (await import('../../app/init.js')).init(options),
  initRules: async () => import('../../app/initRules.js'),
  newIdentity: async options => (await import('../../app/identityFile.js')).newIdentity(options),
  showIdentity: async () => (await import('../../app/identityFile.js')).showIdentity(),
  changePassphrase: async options => (await import('../../app/ownIdentity.js')).changePassphrase(options),
  exportIdentity: async (vaultId, options) =>
    (await import('../../app/ownIdentity.js')).exportIdentity(vaultId, options),
  unlock: async options => (await import('../../app/unlock.js')).unlock(options),
  unlocked: async () => (await import('../../app/unlock.js')).unlocked(),
  lock: async () => (await import('../../app/unlock.js')).lock(),
  inspectRoot: async directory => (await import('../../app/trust.js')).inspectRoot(directory),
  trust: async (directory, root, acceptLog) =>
    (await import('../../app/trust.js')).trust(directory, root, acceptLog),
  olderThanSeen: async (directory, name, region) =>
    (await import('../../app/trust.js')).olderThanSeen(directory, name, region),
  acceptOlder: async (directory, name, region) =>
    (await import('../../app/trust.js')).acceptOlder(directory, name, region),
  acceptInvitation: async (directory, text) =>
    (await import('../../app/trust.js')).acceptInvitation(directory, text),
  team: async () => import('../../vault/team/team.js'),
  roster: async () => import('../../vault/team/roster.js'),
  kmsKeys: async () => import('../../vault/memory/kmsKeys.js'),
  rebinding: async () => import('../../vault/team/rebinding.js'),
  adopt: async () => import('../../vault/team/adopt.js'),
  request: async () => import('../../vault/team/memberRequest.js'),
  guard: async () => ({
    ...(await import('../../app/guard/guard.js')),
    ...(await import('../../app/guard/hook.js'))
  }),
  doctor: async function* (directory, vault, warn, options) {
    yield* (await import('../../app/doctor/doctor.js')).doctor(directory, vault, warn, options)
  },
  applyFixes: async function* (vault, fixes) {
    yield* (await import('../../app/doctor/applyFixes.js')).applyFixes(vault, fixes)
  },
  sync: async (vault, options) => (await import('../../app/sync/sync.js')).sync(vault, options),
  clone: async options => (await import('../../app/clone.js')).clone(options),
  standing: async vault => (await import('../../app/clone.js')).standing(vault),
  formerUser: async (vault, commit) => (await import('../../app/formerMember.js')).formerUser(vault, commit),
  formerUserAround: async directory =>
    (await import('../../app/formerMember.js')).formerUserAround(directory),
  recovery: async () => ({
    ...(await import('../../app/recovery.js')),
    ...(await import('../../vault/team/recovery.js'))
  }),
  exposure: async (vault, visit) => (await import('../../vault/team/exposure.js')).exposure(vault, visit),
  waive: async (vault, id, waiver) => (await import('../../vault/team/waiver.js')).waive(vault, id, waiver),
  runMergeDriver: async (files, options) =>
    (await import('../../app/mergeDriver.js')).runMergeDriver(files, options),
  report: async () => ({
    ...(await import('../../app/report/gather.js')),
    ...(await import('../../app/report/writeReport.js')),
    ...(await import('../../core/report/page.js'))
  }),
  readPlan: async (vault, plan, label, explain) =>
    (await import('../../app/run/readPlan.js')).readPlan(vault, plan, label, explain),
  runner: async () => import('../../app/run/runWith.js'),
  credentialFiles: async () => import('../../app/credentialFiles.js'),
  createPrivateFolder: async () => (await import('../../app/privateFolder.js')).createPrivateFolder(),
  clipboard: async () => import('../../app/clipboard.js'),
  userEditor: async () => (await import('../../app/editor.js')).userEditor(),
  editFile: async (editor, file, folder) =>
    (await import('../../app/editor.js')).editFile(editor, file, folder),
  wipeLeftovers: async () => (await import('../../app/privateFolder.js')).wipeLeftovers(),
  writeFile: async (path, text) => (await import('../../app/namedFile.js')).writeNamed(path, text),
  writePrivateFile: async (path, text, what) =>
    (await import('../../app/namedFile.js')).writePrivate(path, text, what),
  serve: async options => (await import('../../app/serve.js')).serve(options),
  newCredential: async request => (await import('../../app/credentials.js')).newCredential(request),
  listCredentials: async directory => (await import('../../app/credentials.js')).listCredentials(directory),
  removeCredential: async (directory, name) =>
    (await import('../../app/credentials.js')).removeCredential(directory, name),
  functions: async () => ({
    ...(await import('../../app/rotation/functions.js')),
    ...(await import('../../app/rotation/testFunction.js'))
  }),
  rotating: async () => import('../../app/rotation/rotate.js'),
  scheduled: async () => ({
    ...(await import('../../app/rotation/dueSecrets.js')),
    ...(await import('../../app/rotation/rotateDue.js')),
    ...(await import('../../app/openPushing.js'))
  }),
  replacing: async () => import('../../app/rotation/replaceValue.js'),
  exposedSecrets: async () => import('../../app/rotation/exposedSecrets.js'),
  runRotation: async order => (await import('../../app/runRotation.js')).runRotation(order),
  rotationStatus: async (vault, secretId, directory) =>
    (await import('../../app/rotation/status.js')).rotationStatus(vault, secretId, directory),
  profile: async name => (await import('../../app/profiles.js')).findProfile(name),
  profiles: async () => import('../../app/profiles.js'),
  ask: {
    secret: async message => (await import('../terminal/prompt.js')).secret(message),
    secretAtTerminal: async (message, lineBefore) =>
      (await import('../terminal/prompt.js')).secretAtTerminal(message, lineBefore),
    value: async (message, untilEnd) => (await import('../terminal/prompt.js')).value(message, untilEnd),
    text: async (message, suggestion, problemWith) =>
      (await import('../terminal/prompt.js')).text(message, suggestion, problemWith),
    confirm: async (message, suggestion) =>
      (await import('../terminal/prompt.js')).confirm(message, suggestion),
    choose: async (message, choices) => (await import('../terminal/prompt.js')).choose(message, choices)
  }
}
