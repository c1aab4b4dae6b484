import { parseCredential, type Credential } from '../../http/credentials.js'
import type { Backend } from '../../http/backend.js'
import { startServer } from '../../http/server.js'
import { grant, resourcePattern } from '../../core/policy/grant.js'
import { partitionOf } from '../../core/partition.js'
import { AWSPENDING } from '../../core/versions/stages.js'
import { generateAccessKey } from '../../system/files/accessKey.js'
import { systemClock } from '../../system/files/clock.js'
import { systemToken } from '../../system/files/random.js'
import type { RotationRun } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import type { RegisteredFunction } from './functions.js'
import type { Access } from './invoke.js'

/** An endpoint for one rotation. */
export interface RotationEndpoint extends Access {
  /** The values that passed through it, and its own secret: none of them may be shown. */
  readonly values: ReadonlySet<string | Uint8Array>
  stop(): Promise<void>
}

const READS = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']
const WRITES = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']
const MOST_CONNECTIONS = 64

/**
 * Starts an endpoint on a free port of the loopback address. Its only credential may do what a rotation of this one secret
 * needs, and may read the secrets that the user allowed the function.
 * @param ready completes a write that another process left unfinished
 */
export async function openEndpoint(
  vault: Vault,
  run: RotationRun,
  { reads }: Pick<RegisteredFunction, 'reads'>,
  { ready, reading }: Pick<Backend, 'ready' | 'reading'>
): Promise<RotationEndpoint> {
  const { access } = await vault.read()
  const key = generateAccessKey()
  const partition = partitionOf(access.region)
  const others = reads.flatMap(text => resourcePattern(text, access.account, partition) ?? [])
  const policy = {
    Version: '2012-10-17',
    Statement: [
      ...grant(run.testsOnly ? READS : [...READS, ...WRITES], [run.arn]).Statement,
      ...grant(others.length === 0 ? [] : READS, others).Statement,
      ...grant(['secretsmanager:GetRandomPassword'], ['*']).Statement
    ]
  }
  const credential = parseCredential({ name: 'rotation', ...key, created: '', policy })
  const values = new Set<string | Uint8Array>([key.secretAccessKey])
  const server = await startServer({
    backend: backendOf(vault, credential, run, values, {
      ready,
      reading,
      account: access.account,
      home: access.region
    }),
    host: '127.0.0.1',
    port: 0,
    hosts: [],
    maxConnections: MOST_CONNECTIONS,
    log: async () => undefined
  })
  return { url: server.url, region: run.region, ...key, values, stop: () => server.stop() }
}

function backendOf(
  vault: Vault,
  credential: Credential,
  run: RotationRun,
  values: Set<string | Uint8Array>,
  fixed: Pick<Backend, 'ready' | 'reading' | 'account' | 'home'>
): Backend {
  const credentials = new Map([[credential.accessKeyId, credential]])
  return {
    ...fixed,
    // a policy that names every principal was not written for functions
    ownPolicyOnly: true,
    // functions sign with the real time
    clock: systemClock,
    uuid: systemToken,
    hasOldKeys: false,
    credentials: () => credentials,
    refresh: () => undefined,
    vault: region => vault.inRegion(region),
    // nothing is cached, so that each answer passes through `answer`
    traceReads: region => ({ vault: vault.inRegion(region), trace: () => undefined }),
    async answer(operation, input, ask) {
      note(values, input)
      const response =
        run.testsOnly && input['SecretId'] === run.arn
          ? await onTest(operation, input, ask, run)
          : await ask(input)
      note(values, response)
      return response
    }
  }
}

function note(values: Set<string | Uint8Array>, message: object): void {
  const { SecretString, SecretBinary, RandomPassword } = message as Record<string, unknown>
  for (const value of [SecretString, SecretBinary, RandomPassword])
    if (typeof value === 'string' || value instanceof Uint8Array) values.add(value)
}

/**
 * Shows a version that exists only for a test: AWSPENDING is on it, and it has the current value. It is never stored, so a
 * test that is killed leaves nothing behind.
 */
async function onTest(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  ask: (input: Record<string, unknown>) => Promise<object>,
  { arn, token }: RotationRun
): Promise<object> {
  const { VersionId, VersionStage } = input
  if (operation === 'DescribeSecret') {
    const response = (await ask(input)) as { VersionIdsToStages?: object }
    // a test of a function may be of a secret that is not rotated yet
    return {
      ...response,
      RotationEnabled: true,
      VersionIdsToStages: { ...response.VersionIdsToStages, [token]: [AWSPENDING] }
    }
  }
  const isPending = VersionId === token || (VersionId === undefined && VersionStage === AWSPENDING)
  if (operation !== 'GetSecretValue' || !isPending) return ask(input)
  return { ...(await ask({ SecretId: arn })), VersionId: token, VersionStages: [AWSPENDING] }
}
