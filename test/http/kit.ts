import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { afterAll } from 'vitest'
import { startServing, type ServeOptions, type Serving } from '../../src/app/serve.js'
import { makeVault, type TestVault } from '../vault/fixture.js'
import type { Signing } from './wire.js'

/** A server over a vault of its own, with the real clock, and everything that it logged. */
export interface TestServer extends Serving {
  readonly vault: TestVault
  readonly logged: string[]
  readonly notices: string[]
  env(name: string): string
  client(config?: SecretsManagerClientConfig): SecretsManagerClient
}

const running = new Set<Serving>()
afterAll(() => Promise.all([...running].map(server => server.stop())))

/** @param age how long ago the server's clock says that it was started, in milliseconds */
export async function startTestServer(
  options: { [Name in keyof ServeOptions]?: ServeOptions[Name] | undefined } = {},
  existing?: TestVault,
  age = 0
): Promise<TestServer> {
  let behind = age
  const vault = existing ?? (await makeVault())
  // clients sign with the real clock
  vault.clock.now = () => Date.now()
  const logged: string[] = []
  const notices: string[] = []
  const serving = await startServing({
    directory: vault.root,
    host: '127.0.0.1',
    port: 0,
    hosts: [],
    maxConnections: 256,
    printsSecrets: true,
    agentResources: ['*'],
    passphrase: () => Promise.reject(new Error('asked for a passphrase')),
    notice: line => notices.push(line),
    ready: async () => undefined,
    log: async text => void logged.push(text),
    clock: { now: () => Date.now() - behind },
    ...(options as Partial<ServeOptions>)
  })
  behind = 0
  running.add(serving)
  const env = (name: string): string => serving.environment.get(name) ?? ''
  return {
    ...serving,
    async stop() {
      running.delete(serving)
      await serving.stop()
    },
    vault,
    logged,
    notices,
    env,
    client: config =>
      new SecretsManagerClient({
        endpoint: serving.url,
        region: 'local',
        maxAttempts: 1,
        credentials: {
          accessKeyId: env('AWS_ACCESS_KEY_ID'),
          secretAccessKey: env('AWS_SECRET_ACCESS_KEY')
        },
        ...config
      })
  }
}

/** The error that a call of the AWS SDK fails with. */
export async function refusal(
  promise: Promise<unknown>
): Promise<{ name: string; message: string; status: number | undefined }> {
  const [outcome] = await Promise.allSettled([promise])
  if (outcome.status === 'fulfilled') throw new Error('it succeeded')
  const { name, message, $metadata } = outcome.reason as Error & { $metadata?: { httpStatusCode?: number } }
  return { name, message, status: $metadata?.httpStatusCode }
}

/** The keys for signing a request to the server. */
export const keysOf = (server: TestServer): Signing => ({
  url: server.url,
  accessKeyId: server.env('AWS_ACCESS_KEY_ID'),
  secretAccessKey: server.env('AWS_SECRET_ACCESS_KEY')
})
