import * as fs from 'node:fs'
import { join } from 'node:path'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient
} from '@aws-sdk/client-secrets-manager'
import { afterEach } from 'vitest'
import { startTestServer, type TestServer } from '../../http/kit.js'
import { token, type TestVault } from '../../vault/fixture.js'

const serving = new Set<TestServer>()
// one that goes on would take the time of the next test
afterEach(async () => {
  for (const server of serving) await server.stop()
  serving.clear()
})

/** Serves a clone that follows `origin`, and fetches all the time. */
export async function serveFollowing(box: TestVault, push: boolean): Promise<TestServer> {
  const server = await startTestServer({ follow: { remote: 'origin', interval: 100, push } }, box)
  serving.add(server)
  return server
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 20))
}

/** What the server tells about its remote. */
export const told = ({ notices }: TestServer): string[] =>
  notices.filter(line => !line.startsWith("this computer's clock says"))

const clients = new WeakMap<TestServer, SecretsManagerClient>()

/** The same client each time, because each has connections of its own. */
export function clientOf(server: TestServer): SecretsManagerClient {
  const client = clients.get(server) ?? server.client()
  clients.set(server, client)
  return client
}

export async function read(server: TestServer, SecretId: string): Promise<string | undefined> {
  return (await clientOf(server).send(new GetSecretValueCommand({ SecretId }))).SecretString
}

/** @param name of the token */
export const putVia = (server: TestServer, SecretId: string, SecretString: string, name: string) =>
  server.client().send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken: token(name) }))

/** Waits until the server has tried to fetch several times more. */
export async function someRounds(box: TestVault): Promise<void> {
  const file = join(box.root, '.git', 'FETCH_HEAD')
  for (let round = 0; round < 3; round++) {
    const before = stamp(file)
    await until(() => stamp(file) !== before)
  }
}

const stamp = (file: string): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs

/** Sets a hook of a bare repository, or removes it. */
export function hook(hub: string, name: string, script?: string): void {
  const path = join(hub, 'hooks', name)
  if (script === undefined) fs.rmSync(path, { force: true })
  else fs.writeFileSync(path, `#!/bin/sh\nunset GIT_QUARANTINE_PATH\n${script}\n`, { mode: 0o755 })
}
