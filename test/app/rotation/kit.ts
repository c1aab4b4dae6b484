import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { addFunction, type NewFunction } from '../../../src/app/rotation/functions.js'
import { token, type TestVault } from '../../vault/fixture.js'

export const functions = fileURLToPath(new URL('functions/', import.meta.url))
const python = fileURLToPath(new URL('../../../.cache/aws/bin', import.meta.url))
/** Whether boto3 is installed: see test/conformance/setup.sh. */
export const hasBoto3 = existsSync(join(python, 'python'))
if (hasBoto3) process.env['PATH'] = `${python}:${process.env['PATH'] ?? ''}`

/** A store of passwords that a rotation function changes: the old one is refused afterwards. */
export interface Store {
  readonly host: string
  readonly port: number
  readonly passwords: Map<string, string>
}

export async function startStore(): Promise<Store> {
  const passwords = new Map<string, string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const {
        user,
        password,
        new: next
      } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>
      const isRight = passwords.get(user!) === password
      if (isRight && request.url === '/change') passwords.set(user!, next!)
      response.writeHead(isRight ? 200 : 403).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => void server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, passwords }
}

/** Creates a secret with an account of the store. */
export async function account(box: TestVault, store: Store, Name: string): Promise<void> {
  store.passwords.set(Name, `first of ${Name}`)
  const { host, port } = store
  const SecretString = JSON.stringify({
    engine: 'store',
    host,
    port,
    username: Name,
    password: `first of ${Name}`
  })
  await box.api.createSecret({ Name, SecretString, ClientRequestToken: token(Name) })
}

/** The password that a version of the secret has. */
export async function passwordOf(
  box: TestVault,
  SecretId: string,
  VersionStage = 'AWSCURRENT'
): Promise<string> {
  const { SecretString } = await box.api.getSecretValue({ SecretId, VersionStage })
  return (JSON.parse(SecretString!) as { password: string }).password
}

export const register = async (
  box: TestVault,
  name: string,
  more: Partial<NewFunction>
): Promise<Awaited<ReturnType<typeof addFunction>>> =>
  addFunction(await box.internal(), { directory: box.root, name, env: [], reads: [], ...more })

export const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`
