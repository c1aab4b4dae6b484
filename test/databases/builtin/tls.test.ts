import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testFunction } from '../../../src/app/rotation/testFunction.js'
import { register } from '../../app/rotation/kit.js'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { startMariadb, type Mariadb } from '../mariadb.js'
import { startPostgres } from '../postgres.js'
import { startRedis } from '../redis.js'
import { freePort, type DatabaseServer } from '../server.js'
import { makeCertificate, type Certificate } from './certificate.js'
import { accountOf, secretFor } from './kit.js'

// each rotation starts several processes
vi.setConfig({ testTimeout: 180_000 })

/*
 * TLS, with a certificate that the function trusts only if the user says so.
 */

interface WithTls {
  readonly server: DatabaseServer
  readonly certificate: Certificate
  readonly builtin: string
  /** The fields of the secret of an account. */
  readonly value: Readonly<Record<string, unknown>>
  /** Whether the port also answers without TLS. */
  readonly isOptional: boolean
}

const SERVERS: Readonly<Record<string, () => Promise<WithTls>>> = {
  async postgresql() {
    const server = await startPostgres()
    const certificate = makeCertificate(server.folder)
    await server.query(`ALTER SYSTEM SET ssl_cert_file = '${certificate.cert}'`)
    await server.query(`ALTER SYSTEM SET ssl_key_file = '${certificate.key}'`)
    await server.query('ALTER SYSTEM SET ssl = on')
    await server.query('SELECT pg_reload_conf()')
    const value = { engine: 'postgres', ...(await server.createUser('ana', 'first')) }
    return { server, certificate, builtin: 'postgresql', value, isOptional: true }
  },
  async mysql() {
    let certificate: Certificate | undefined
    const server = await startMariadb(folder => {
      certificate = makeCertificate(folder)
      return [`--ssl-cert=${certificate.cert}`, `--ssl-key=${certificate.key}`]
    })
    await server.query(`CREATE USER ana@'127.0.0.1' IDENTIFIED BY 'first'`)
    const { host, port } = server
    const value = { engine: 'mysql', host, port, username: 'ana', password: 'first' }
    return { server, certificate: certificate!, builtin: 'mysql', value, isOptional: true }
  },
  async redis() {
    const server = await startRedis()
    const certificate = makeCertificate(server.folder)
    const port = await freePort()
    const settings = { 'tls-cert-file': certificate.cert, 'tls-key-file': certificate.key }
    const more = { 'tls-auth-clients': 'no', 'tls-port': String(port) }
    await server.command('CONFIG', 'SET', ...Object.entries({ ...settings, ...more }).flat())
    const value = { engine: 'redis', host: server.host, port, ...server.admin }
    return { server, certificate, builtin: 'redis', value, isOptional: false }
  }
}

describe.each(Object.entries(SERVERS))('%s', (_, start) => {
  let box: TestVault
  let tested: WithTls
  beforeAll(async () => {
    tested = await start()
    box = await makeVault()
    const { builtin, certificate } = tested
    await register(box, 'trusting', { builtin, env: [`NODE_EXTRA_CA_CERTS=${certificate.cert}`] })
    await register(box, 'strange', { builtin })
    for (const [name, ssl] of Object.entries({
      demanded: true,
      text: 'true',
      refused: false,
      open: undefined
    }))
      await secretFor(box, name, { ...tested.value, ssl })
  })
  afterAll(() => tested.server.stop())

  const outcome = async (name: string, secret: string): Promise<string> =>
    testFunction(await box.internal(), name, secret).then(
      () => 'works',
      (error: Error) => error.message
    )

  it('is used with a certificate that is trusted', async () => {
    for (const secret of ['demanded', 'text', 'open']) expect(await outcome('trusting', secret)).toBe('works')
    await box.api.rotateSecret({
      ...{ SecretId: 'demanded', RotationLambdaARN: 'trusting', ClientRequestToken: token('rotated') }
    })
    const { password } = await accountOf(box, 'demanded')
    for (const secret of ['text', 'open'])
      await box.api.putSecretValue({
        ...{ SecretId: secret, ClientRequestToken: token(`new ${secret}`) },
        SecretString: JSON.stringify({ ...(await accountOf(box, secret)), password })
      })
    expect(await outcome('trusting', 'text')).toBe('works')
  })

  it('fails with another certificate, if the secret demands it', async () => {
    expect(await outcome('strange', 'demanded')).toMatch(
      /cannot log in to the database: .*self-signed certificate/
    )
  })

  it('is left out if the secret leaves the choice and it fails, but not if the port has nothing else', async () => {
    expect(await outcome('strange', 'open')).toMatch(
      tested.isOptional ? /^works$/ : /self-signed certificate/
    )
  })
})

it('MariaDB demands TLS of the other user, too, if it demands it of the first', async () => {
  const { server, certificate, builtin, value } = await SERVERS['mysql']!()
  try {
    const box = await makeVault()
    const database = server as Mariadb
    await database.query(`ALTER USER ana@'127.0.0.1' REQUIRE SSL`)
    const { ARN: masterarn } = await box.api.createSecret({
      ...{ Name: 'master', SecretString: JSON.stringify({ ...value, ...database.admin }) }
    })
    const env = [`NODE_EXTRA_CA_CERTS=${certificate.cert}`]
    await register(box, 'two', { builtin, env, isAlternating: true, reads: ['master'] })
    await secretFor(box, 'ana', { ...value, masterarn })
    await box.api.rotateSecret({ SecretId: 'ana', RotationLambdaARN: 'two', ClientRequestToken: token('r') })
    const [row] = await database.query(`SHOW CREATE USER ana_clone@'127.0.0.1'`)
    expect(Object.values(row!)[0]).toContain(' REQUIRE SSL')
  } finally {
    await server.stop()
  }
})
