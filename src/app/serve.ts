import type { AskPassphrase } from './askPassphrase.js'
import { baselineOf } from './baseline.js'
import type { Clock } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import type { AgentOptions } from '../http/awsAgent.js'
import type { Backend } from '../http/backend.js'
import { parseCredential, type Credential, type Credentials } from '../http/credentials.js'
import { startServer } from '../http/server.js'
import { agentToken } from './agentToken.js'
import { policyAllowing } from './credentials.js'
import { carriedRoot, loadIdentity } from './identityFile.js'
import type { FollowOptions, Follower } from './follow/follower.js'
import { lateRotator } from './rotation/lateRotator.js'
import { watchCredentials } from './servedCredentials.js'
import { generateAccessKey } from '../system/files/accessKey.js'
import { systemClock } from '../system/files/clock.js'
import { credentialPath, PrivateFile } from '../system/files/credentialFile.js'
import { readNamed, replacePrivate } from '../system/files/namedFiles.js'
import { systemRandom, systemToken } from '../system/files/random.js'
import { completeWrite, openRepository, type OpenRepository } from '../system/repository.js'
import { stopRequest } from '../system/agent/stopping.js'
import { StatCache, traceReads } from '../system/readTrace.js'
import { Vault } from '../vault/vault.js'
import type { World } from '../vault/world.js'

export interface ServeOptions {
  readonly directory: string
  readonly host: string
  readonly port: number
  /** Host names that clients may use, besides the loopback ones and `host`. */
  readonly hosts: readonly string[]
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly maxConnections: number
  /** Stops after so many milliseconds without an authenticated request. */
  readonly idleTimeout?: number
  /** The file for the clients' environment, secrets included. */
  readonly envFile?: string
  /** Whether the environment passed to `ready` includes secrets. */
  readonly printsSecrets: boolean
  /** Names or ARNs of secrets that the agent's token may read. If undefined, the agent's protocol is off. */
  readonly agentResources?: readonly string[]
  /**
   * Whether a KmsKeyId other than the name's own may change the access log. Off by default: else any credential that may
   * create or update a secret could make an admin's server do that.
   */
  readonly allowsKeyChange?: boolean
  /** The path of a file with a token for the agent's protocol. By default AWS_TOKEN has it, or it is a new one. */
  readonly agentTokenFile?: string
  /** The remote whose branch is fetched, verified and merged while the server runs. */
  readonly follow?: FollowOptions
  /** Whether the server rotates secrets in the windows of their schedules. */
  readonly rotates?: boolean
  readonly passphrase: AskPassphrase
  readonly notice: (line: string) => void
  /** Called once requests are accepted, with the URL and the environment that a client needs. */
  readonly ready: (url: string, environment: ReadonlyMap<string, string>) => Promise<void>
  readonly log: (text: string) => Promise<void>
  readonly clock?: Clock
}

/**
 * The most open vaults, one a region. More regions than anybody uses; each holds at most one page of a list.
 */
const MOST_REGIONS = 32
const EVERYTHING = { Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }] }

export interface Serving {
  readonly url: string
  /** The environment that a client needs, secrets included. */
  readonly environment: ReadonlyMap<string, string>
  /** Resolves after `idleTimeout`. */
  readonly isIdle: Promise<void>
  /** Stops accepting requests, and answers those that have arrived. */
  stop(): Promise<void>
}

/** Serves the vault of a folder until a signal or the idle timeout stops it. */
export async function serve(options: ServeOptions): Promise<void> {
  if (options.envFile !== undefined) {
    const { refuseCommittable } = await import('../system/git/committable.js')
    await refuseCommittable(options.envFile, 'the environment file')
  }
  const stop = stopRequest()
  const serving = await startServing(options)
  try {
    const { url, environment } = serving
    if (options.envFile !== undefined) replacePrivate(options.envFile, lines(environment))
    const ready = options.ready(url, options.printsSecrets ? environment : withoutSecrets(environment))
    await Promise.race([stop.received, ready.then(() => serving.isIdle)])
  } finally {
    await serving.stop()
    stop.dispose()
  }
}

/**
 * Starts the server. Throws before it listens if the vault cannot be read or the identity cannot be unlocked.
 */
export async function startServing(options: ServeOptions): Promise<Serving> {
  const notice = oncePerLine(options.notice)
  const follower = options.follow && (await openFollower(options, options.follow))
  const repository = await openRepository(options.directory, {
    onWarning: notice,
    ...(follower && options.follow?.push ? { remote: follower } : {})
  })
  // unlocked once, and held while the server runs
  const derive = await loadIdentity(process.env, options.passphrase)
  await sodiumReady
  const identity = derive()
  const baseline = await baselineOf(repository)
  const root = await carriedRoot(process.env)
  forgetIdentityVariables()
  const reading: Backend['reading'] = follower ? work => follower.gate.read(work) : work => work()
  const rotator = lateRotator({
    vault: () => new Vault(world),
    repository,
    reading,
    onFailure: error => options.notice(error instanceof Error ? error.message : String(error))
  })
  const world: World = {
    repository,
    rotator,
    clock: options.clock ?? systemClock,
    random: systemRandom,
    identity: async () => () => identity,
    ...(baseline ? { baseline } : {}),
    trustedRoot: async () => root,
    limits: { mayAmend: options.allowsKeyChange === true },
    notice
  }
  await follower?.start(world)
  const { access } = await new Vault(world).read()

  const file = new PrivateFile(credentialPath(process.env, access.vaultId))
  const hasStored = watchCredentials(file, undefined)().size > 0
  const showsSecrets = options.printsSecrets || options.envFile !== undefined
  const temporary = showsSecrets && !hasStored ? temporaryCredential() : undefined
  if (!temporary && !hasStored)
    notice('no credentials exist, so every request is refused; create one with git-vault credential new')
  const { token = '', isOwn = false } = options.agentResources
    ? agentToken(options.agentTokenFile, process.env, notice)
    : {}
  const agent: AgentOptions | undefined = options.agentResources && {
    token,
    policy: policyAllowing(['secretsmanager:GetSecretValue'], options.agentResources, access)
  }
  let onIdle = (): void => undefined
  const isIdle = new Promise<void>(resolve => (onIdle = resolve))
  const { host, port, hosts, tls, maxConnections, idleTimeout, log } = options
  const server = await startServer({
    backend: backendOf(world, repository, access, {
      hasOldKeys: hasStored,
      credentials: watchCredentials(file, temporary),
      reading
    }),
    host,
    port,
    hosts,
    ...(tls ? { tls: { cert: readNamed(tls.cert), key: readNamed(tls.key) } } : {}),
    ...(agent ? { agent } : {}),
    maxConnections,
    ...(idleTimeout === undefined ? {} : { idle: { after: idleTimeout, onIdle } }),
    log
  })
  const schedule = options.rotates
    ? (await import('./rotation/scheduler.js')).rotateByItself({
        vault: new Vault(world),
        place: repository.place,
        rotator,
        isShared: options.follow?.push === true,
        reading,
        log,
        notice
      })
    : undefined
  return {
    url: server.url,
    environment: environmentOf(server.url, access.region, temporary, isOwn ? undefined : agent),
    isIdle,
    async stop() {
      follower?.stop()
      const scheduled = schedule?.stop()
      await rotator.stop()
      await scheduled
      await server.stop()
      await follower?.end()
      await repository.close()
    }
  }
}

async function openFollower({ directory, notice }: ServeOptions, follow: FollowOptions): Promise<Follower> {
  const { Follower } = await import('./follow/follower.js')
  return Follower.open(directory, follow, notice)
}

function backendOf(
  world: World,
  repository: OpenRepository,
  { account, region: home }: { account: string; region: string },
  { hasOldKeys, credentials, reading }: Pick<Backend, 'hasOldKeys' | 'credentials' | 'reading'>
): Backend {
  const vaults = new Map<string, Vault>()
  const statCache = new StatCache()
  let known: Credentials | undefined
  return {
    clock: world.clock,
    uuid: systemToken,
    account,
    home,
    hasOldKeys,
    reading,
    credentials: () => (known ??= credentials()),
    refresh() {
      statCache.forget()
      known = undefined
    },
    ready: () => completeWrite(repository.place, { onWarning: world.notice }),
    vault(region) {
      const known = vaults.get(region)
      if (known) return known
      const vault = new Vault(world).inRegion(region)
      if (vaults.size >= MOST_REGIONS) vaults.clear()
      vaults.set(region, vault)
      return vault
    },
    traceReads(region) {
      const traced = traceReads(repository, statCache)
      const vault = new Vault({ ...world, repository: traced.repository }).inRegion(region)
      return { vault, trace: () => traced.trace() }
    }
  }
}

/** So that no program started from here inherits them. */
function forgetIdentityVariables(): void {
  for (const name of ['GIT_VAULT_IDENTITY', 'GIT_VAULT_IDENTITY_COMMAND', 'GIT_VAULT_PASSPHRASE'])
    delete process.env[name]
}

/** A credential for this run that is allowed everything. */
function temporaryCredential(): Credential {
  return parseCredential({ name: 'serve', ...generateAccessKey(), created: '', policy: EVERYTHING })
}

const SECRET = /SECRET_ACCESS_KEY|TOKEN/

function environmentOf(
  url: string,
  region: string,
  temporary: Credential | undefined,
  generated: AgentOptions | undefined
): Map<string, string> {
  return new Map([
    ['AWS_ENDPOINT_URL_SECRETS_MANAGER', url],
    ['AWS_REGION', region],
    // boto3 and AWS CLI version 1 read only this one
    ['AWS_DEFAULT_REGION', region],
    ...(temporary
      ? ([
          ['AWS_ACCESS_KEY_ID', temporary.accessKeyId],
          ['AWS_SECRET_ACCESS_KEY', temporary.secretAccessKey]
        ] as const)
      : []),
    // a token of the user's own is not repeated, and need not be safe in a shell
    ...(generated ? ([['GIT_VAULT_AGENT_TOKEN', generated.token]] as const) : [])
  ])
}

function withoutSecrets(environment: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...environment].filter(([name]) => !SECRET.test(name)))
}

const lines = (environment: ReadonlyMap<string, string>): Uint8Array =>
  new TextEncoder().encode([...environment].map(([name, value]) => `${name}=${value}\n`).join(''))

/** Drops repeated warnings: each read would repeat the same ones. */
function oncePerLine(notice: (line: string) => void): (line: string) => void {
  const reported = new Set<string>()
  return line => {
    if (reported.has(line) || reported.size >= 1000) return
    reported.add(line)
    notice(line)
  }
}
