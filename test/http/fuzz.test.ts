import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeAll, expect, it } from 'vitest'
import { operations } from '../../src/core/generated/operations.js'
import { rounds } from '../vault/fixture.js'
import { keysOf, startTestServer, type TestServer } from './kit.js'
import { bytesOf, Line, signed, type Reply, type Signing } from './wire.js'
import { seededNumbers } from '../random.js'

const ROUNDS = rounds(10_000)
const PLANTED = 'planted-value-of-the-vault'
const LINES = 12

/** Every run makes the same requests. */
function chance(seed: number) {
  const number = seededNumbers(seed)
  const next = (): number => number() / 2 ** 32
  const below = (limit: number): number => Math.floor(next() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!
  return {
    next,
    below,
    one,
    text: (length: number) => Array.from({ length }, () => String.fromCharCode(below(256))).join('')
  }
}
type Chance = ReturnType<typeof chance>

let server: TestServer
let good: Signing
beforeAll(async () => {
  server = await startTestServer()
  good = keysOf(server)
  for (const name of ['planted', 'prod/db'])
    await server.vault.api.createSecret({ Name: name, SecretString: `${PLANTED} ${name}` })
})

// none of these writes or reads a value, even if a fuzzed request happens to be valid
const TARGETS = [
  'DescribeSecret',
  'GetResourcePolicy',
  'ListSecretVersionIds',
  'ValidateResourcePolicy',
  'GetRandomPassword'
]
const VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  2 ** 53,
  '',
  'a',
  'a b',
  'prod/db',
  '\ud800',
  [],
  {},
  [[]],
  { a: 1 },
  [null],
  'x'.repeat(3000)
]
const deep = (kind: string, depth: number): string => kind.repeat(depth)

/** A body for an operation, with some part of it wrong. */
function fuzzedBody({ one, below, next, text }: Chance, target: string): Buffer {
  const members = Object.keys(
    operations[target as keyof typeof operations]?.input?.members ?? { SecretId: 0 }
  )
  const body = JSON.stringify(
    Object.fromEntries(
      Array.from({ length: below(5) }, () => [
        one([...members, '__proto__', 'constructor', text(5)]),
        one(VALUES)
      ])
    )
  )
  const choice = next()
  if (choice < 0.5) return Buffer.from(body)
  if (choice < 0.6) return Buffer.from(body.slice(0, below(body.length)))
  if (choice < 0.7) return Buffer.from(text(below(200)), 'latin1')
  if (choice < 0.8)
    return Buffer.from(
      one([
        deep('[', 20_000),
        deep('{"a":', 5_000),
        '{"SecretId":"a","SecretId":"b"}',
        '1e999',
        '"',
        '\ufeff{}'
      ])
    )
  return Buffer.from([...Buffer.from(body)].map(byte => (next() < 0.05 ? below(256) : byte)))
}

/** A request that is malformed in some way; a few are valid. */
function fuzzed(random: Chance): Buffer {
  const { one, below, next, text } = random
  const target = one([...TARGETS, 'Nothing', '__proto__'])
  const wire = signed({
    ...good,
    target,
    body: fuzzedBody(random, target),
    time: Date.now() + one([0, 0, 0, -400_000, 400_000, -1e12]),
    ...(next() < 0.2
      ? { accessKeyId: one(['', 'GVAK', text(20).replace(/[^\w]/g, 'x'), 'x'.repeat(3000)]) }
      : {}),
    ...(next() < 0.1 ? { secretAccessKey: 'wrong' } : {}),
    ...(next() < 0.2 ? { region: one(['', 'eu-west-1', '..', 'A', '-', 'x'.repeat(200)]) } : {}),
    ...(next() < 0.1 ? { service: one(['s3', '']) } : {}),
    ...(next() < 0.2 ? { expires: one([0, 1, 60, 999_999]) } : {}),
    ...(next() < 0.1 ? { unsigned: [one(['host', 'x-amz-date', 'x-amz-target', 'content-type'])] } : {}),
    ...(next() < 0.1 ? { query: one(['a=b', '%', '%ff=%zz', '&&&', 'X-Amz-Algorithm=1']) } : {}),
    ...(next() < 0.2
      ? {
          headers: {
            [one([
              'x-amz-content-sha256',
              'content-type',
              'host',
              'origin',
              'x-amz-security-token',
              'x-amz-date',
              'x-amz-target'
            ])]: one([
              '',
              'a',
              'UNSIGNED-PAYLOAD',
              '20261301T000000Z',
              'é',
              text(30).replace(/[\r\n\0]/g, '')
            ])
          }
        }
      : {})
  })
  const choice = next()
  if (choice < 0.55) return bytesOf(wire)
  if (choice < 0.65) {
    // the signature itself
    const { authorization = '' } = wire.headers
    const at = below(authorization.length)
    const changed = one([
      authorization.slice(0, at),
      `${authorization.slice(0, at)}${text(1).replace(/[\r\n\0]/, '=')}${authorization.slice(at + 1)}`,
      `${authorization},${authorization}`
    ])
    return bytesOf({ ...wire, headers: { ...wire.headers, authorization: changed } })
  }
  if (choice < 0.8) {
    // the agent's protocol
    const path = one([
      '/v1/planted',
      '/v1/',
      '/v1/%',
      '/ping?',
      '/secretsmanager/get?secretId=planted',
      '/secretsmanager/get?',
      '/v1/../../etc/passwd',
      '//',
      '*',
      `/v1/${text(20).replace(/[^!-~\xa0-\xff]/g, '')}`,
      `/${'a'.repeat(9000)}`
    ])
    const method = one(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    const header = one(['x-vault-token', 'x-aws-parameters-secrets-token', 'x-forwarded-for'])
    return Buffer.from(
      `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${header}: ${one(['', 'x', 'null', 'x'.repeat(43)])}\r\ncontent-length: 0\r\n\r\n`,
      'latin1'
    )
  }
  const bytes = bytesOf(wire)
  // corrupted HTTP bytes, or only a part of them
  if (choice < 0.9) return Buffer.from(bytes.map(byte => (next() < 0.02 ? below(256) : byte)))
  if (choice < 0.95) return bytes.subarray(0, below(bytes.length))
  return Buffer.from(text(below(500)), 'latin1')
}

const CODES = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidNextTokenException',
  'InvalidParameterException',
  'InvalidRequestException',
  'InvalidSignatureException',
  'MalformedPolicyDocumentException',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'ResourceNotFoundException',
  'SerializationException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException'
])

const REACHED = [
  '200',
  'text',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'ResourceNotFoundException',
  'SerializationException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException'
]

function check({ status, headers, body }: Reply, sent: Buffer): string {
  const shown = `${sent.toString('latin1').slice(0, 600)}\n--\n${status} ${body.slice(0, 600)}`
  expect(body, shown).not.toContain(PLANTED)
  expect(body, shown).not.toMatch(/ {4}at |node:|\.ts:|\/src\//)
  if (status === 200) return '200'
  if (headers['content-type'] === 'text/plain') {
    expect([400, 403, 404, 405], shown).toContain(status)
    return 'text'
  }
  const { __type: code = '' } = JSON.parse(body) as { __type?: string }
  expect(CODES.has(code), shown).toBe(true)
  expect([400, 408, 413, 431], shown).toContain(status)
  return code
}

async function putAndGet(value: string): Promise<void> {
  const client = server.client()
  await client.send(new PutSecretValueCommand({ SecretId: 'planted', SecretString: value }))
  expect((await client.send(new GetSecretValueCommand({ SecretId: 'planted' }))).SecretString).toBe(value)
  client.destroy()
}

it(`${ROUNDS} malformed requests`, { timeout: 60_000 + ROUNDS * 20 }, async () => {
  await putAndGet(`${PLANTED} before`)
  const commits = server.vault.commits()
  const answers = new Map<string, number>()
  let left = ROUNDS
  await Promise.all(
    Array.from({ length: LINES }, async (_, seed) => {
      const random = chance(seed)
      let line = new Line(server.url)
      while (left-- > 0) {
        const sent = fuzzed(random)
        line.send(sent)
        // the server waits for the rest of an incomplete request: disconnect instead
        const reply = await Promise.race([
          line.reply(),
          new Promise<'late'>(resolve => setTimeout(resolve, 150, 'late'))
        ])
        const outcome = reply === 'late' ? 'no reply' : reply ? check(reply, sent) : 'closed'
        answers.set(outcome, (answers.get(outcome) ?? 0) + 1)
        // after a broken request the state of the connection is unknown
        line.end()
        line = new Line(server.url)
      }
      line.end()
    })
  )
  // the fuzz has provoked every kind of answer
  if (ROUNDS >= 5_000) expect([...answers.keys()]).toEqual(expect.arrayContaining(REACHED))
  expect(server.vault.commits()).toBe(commits)
  await putAndGet(`${PLANTED} after`)
  const log = server.logged.join('')
  expect(log).not.toContain(PLANTED)
  expect(log).not.toContain(good.secretAccessKey)
  for (const text of log.trimEnd().split('\n')) expect(JSON.parse(text)).toHaveProperty('status')
  expect(log).not.toContain('"status":500')
})
