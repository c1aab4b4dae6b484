import type { Clock } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import type { AgentOptions } from '../http/agent.js'
import type { Backend } from '../http/backend.js'
import { usable, type Credential, type Credentials } from '../http/credentials.js'
import { startServer } from '../http/server.js'
import { allowing } from './credentials.js'
import { carriedRoot, loadIdentity } from './identityFile.js'
import { drawKeys, watchCredentials } from './servedCredentials.js'
import { systemClock } from '../system/files/clock.js'
import { credentialPath, PrivateFile } from '../system/files/credentialFile.js'
import { readNamed, replacePrivate } from '../system/files/namedFiles.js'
import { systemRandom, systemToken } from '../system/files/random.js'
import { openRepository, type OpenRepository } from '../system/repository.js'
import { askedToStop } from '../system/agent/stopping.js'
import { StatCache, isUnfinished, traceReads } from '../system/readTrace.js'
import { Vault, type World } from '../vault/vault.js'

export interface ServeOptions {
  readonly directory: string
  readonly host: string
  readonly port: number
  /** Further names that clients reach it by. */
  readonly hosts: readonly string[]
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly maxConnections: number
  /** Stops when nothing was asked for so many milliseconds. */
  readonly idleTimeout?: number
  /** Where the environment for clients is written, secrets and all. */
  readonly envFile?: string
  /** Whether `ready` may be told secrets. */
  readonly tellsSecrets: boolean
  /** Names of secrets, or ARNs, that whoever has the agent's token may read; left out, there is no agent. */
  readonly agentResources?: readonly string[]
  readonly passphrase: () => Promise<string>
  readonly notice: (line: string) => void
  /** Told once requests are taken: the URL, and the environment that a client needs. */
  readonly ready: (url: string, environment: ReadonlyMap<string, string>) => Promise<void>
  readonly log: (text: string) => Promise<void>
  readonly clock?: Clock
}

/** More regions than anybody has; each holds a page of a list at most. */
const MOST_REGIONS = 32
const EVERYTHING = { Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }] }

export interface Serving {
  readonly url: string
  /** What a client needs, secrets and all. */
  readonly environment: ReadonlyMap<string, string>
  /** Resolves when nothing has been asked for the time given. */
  readonly isIdle: Promise<void>
  /** Answers what had come in, and takes no more. */
  stop(): Promise<void>
}

/** Serves the vault of a folder until it is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  const stop = askedToStop()
  const serving = await startServing(options)
  try {
    const { url, environment } = serving
    if (options.envFile !== undefined) replacePrivate(options.envFile, lines(environment))
    const told = options.ready(url, options.tellsSecrets ? environment : withoutSecrets(environment))
    await Promise.race([stop.asked, told.then(() => serving.isIdle)])
  } finally {
    await serving.stop()
    stop.forget()
  }
}

/** Throws before anything is listened at where the vault cannot be read, or the identity not be unlocked. */
export async function startServing(options: ServeOptions): Promise<Serving> {
  const notice = oncePerLine(options.notice)
  const repository = await openRepository(options.directory, { onWarning: notice })
  // unlocked once, and held as long as the server runs
  const derive = await loadIdentity(process.env, options.passphrase)
  await sodiumReady
  const identity = derive()
  const world: World = {
    repository,
    clock: options.clock ?? systemClock,
    random: systemRandom,
    identity: async () => () => identity,
    trustedRoot: () => carriedRoot(process.env),
    notice
  }
  const { access } = await new Vault(world).read()

  const file = new PrivateFile(credentialPath(process.env, access.vaultId))
  const hasStored = watchCredentials(file, undefined)().size > 0
  const isTold = options.tellsSecrets || options.envFile !== undefined
  const own = isTold && !hasStored ? throwaway() : undefined
  if (!own && !hasStored)
    notice('there is no credential yet, so every request is refused: git-vault credential new makes one')
  const agent: AgentOptions | undefined = options.agentResources && {
    token: drawKeys().secretAccessKey,
    policy: allowing(['secretsmanager:GetSecretValue'], options.agentResources, access.account)
  }
  let tell = (): void => undefined
  const isIdle = new Promise<void>(resolve => (tell = resolve))
  const { host, port, hosts, tls, maxConnections, idleTimeout, log } = options
  const server = await startServer({
    backend: backendOf(world, repository, access, watchCredentials(file, own)),
    host,
    port,
    hosts,
    ...(tls ? { tls: { cert: readNamed(tls.cert), key: readNamed(tls.key) } } : {}),
    ...(agent ? { agent } : {}),
    maxConnections,
    ...(idleTimeout === undefined ? {} : { idle: { after: idleTimeout, tell } }),
    log
  })
  return {
    url: server.url,
    environment: environmentOf(server.url, access.region, own, agent),
    isIdle,
    async stop() {
      await server.stop()
      await repository.close()
    }
  }
}

function backendOf(
  world: World,
  repository: OpenRepository,
  { account, region: home }: { account: string; region: string },
  credentials: Backend['credentials']
): Backend {
  const vaults = new Map<string, Vault>()
  const statCache = new StatCache()
  let known: Credentials | undefined
  return {
    clock: world.clock,
    uuid: systemToken,
    account,
    home,
    credentials: () => (known ??= credentials()),
    turn() {
      statCache.forget()
      known = undefined
    },
    async ready() {
      // opening a repository finishes what was cut off in it
      if (isUnfinished(repository.place)) await openRepository(repository.root, { onWarning: world.notice })
    },
    vault(region) {
      const known = vaults.get(region)
      if (known) return known
      const vault = new Vault(world).inRegion(region)
      if (vaults.size >= MOST_REGIONS) vaults.clear()
      vaults.set(region, vault)
      return vault
    },
    traceReads(region) {
      const looking = traceReads(repository, statCache)
      const vault = new Vault({ ...world, repository: looking.repository }).inRegion(region)
      return { vault, trace: () => looking.trace() }
    }
  }
}

/** Lives as long as this run, and may do everything. */
function throwaway(): Credential {
  return usable({ name: 'serve', ...drawKeys(), created: '', policy: EVERYTHING })
}

const SECRET = /SECRET_ACCESS_KEY|TOKEN/

function environmentOf(
  url: string,
  region: string,
  own: Credential | undefined,
  agent: AgentOptions | undefined
): Map<string, string> {
  return new Map([
    ['AWS_ENDPOINT_URL_SECRETS_MANAGER', url],
    ['AWS_REGION', region],
    // boto3 and the first AWS CLI look at nothing else
    ['AWS_DEFAULT_REGION', region],
    ...(own
      ? ([
          ['AWS_ACCESS_KEY_ID', own.accessKeyId],
          ['AWS_SECRET_ACCESS_KEY', own.secretAccessKey]
        ] as const)
      : []),
    ...(agent ? ([['GIT_VAULT_AGENT_TOKEN', agent.token]] as const) : [])
  ])
}

function withoutSecrets(environment: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...environment].filter(([name]) => !SECRET.test(name)))
}

const lines = (environment: ReadonlyMap<string, string>): Uint8Array =>
  new TextEncoder().encode([...environment].map(([name, value]) => `${name}=${value}\n`).join(''))

/** What is true of every read is said once. */
function oncePerLine(notice: (line: string) => void): (line: string) => void {
  const said = new Set<string>()
  return line => {
    if (said.has(line) || said.size >= 1000) return
    said.add(line)
    notice(line)
  }
}
