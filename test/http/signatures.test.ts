import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { beforeAll, describe, expect, it } from 'vitest'
import { newCredential, removeCredential } from '../../src/app/credentials.js'
import { keysOf, startTestServer, type TestServer } from './kit.js'
import { ask, basicTime, bytesOf, errorOf, signed, type Signing } from './wire.js'

let server: TestServer
let good: Signing
beforeAll(async () => {
  // long ago, so that old dates are judged by their age alone
  server = await startTestServer({}, undefined, 3_600_000)
  good = keysOf(server)
  await server.vault.api.createSecret({ Name: 'known', SecretString: 'planted value' })
})

const send = (signing: Partial<Signing>) => ask(server.url, bytesOf(signed({ ...good, ...signing })))
const refused = async (signing: Partial<Signing>) => errorOf(await send(signing))

const MISMATCH = {
  status: 400,
  code: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
    'Key and signing method. Consult the service documentation for details.'
}
const minutes = (count: number) => count * 60_000

describe('a signature in the header', () => {
  it('is accepted', async () => {
    expect(await send({})).toMatchObject({ status: 200 })
    expect(await send({ target: 'GetSecretValue', body: '{"SecretId":"known"}' })).toMatchObject({
      status: 200
    })
    expect(await send({ headers: { 'x-amz-meta': '  two   spaces ' } })).toMatchObject({ status: 200 })
    expect(await send({ query: 'a=b&a=%20%2F' })).toMatchObject({ status: 200 })
  })

  it('with another secret, or changed in any part, is refused', async () => {
    expect(await refused({ secretAccessKey: 'x'.repeat(40) })).toEqual(MISMATCH)
    const wire = signed({ ...good, target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    const changed = async (change: Partial<typeof wire>) =>
      errorOf(await ask(server.url, bytesOf({ ...wire, ...change })))
    expect(await changed({ body: Buffer.from('{"SecretId":"other"}') })).toEqual(MISMATCH)
    expect(await changed({ path: '/?a=b' })).toEqual(MISMATCH)
    for (const [name, value] of [
      ['x-amz-target', 'secretsmanager.DescribeSecret'],
      ['content-type', 'application/json'],
      ['x-amz-date', basicTime(Date.now() + 2_000)],
      ['host', 'localhost']
    ] as const)
      expect(await changed({ headers: { ...wire.headers, [name]: value } }), name).toEqual(MISMATCH)
    const { authorization = '' } = wire.headers
    for (const [from, to] of [
      ['/local/', '/other/'],
      [/Signature=.*/, `Signature=${'0'.repeat(64)}`],
      [/Signature=.*/, 'Signature=zz'],
      [/(Signature=.*)/, '$1aa'],
      ['content-type;host', 'host;content-type']
    ] as const)
      expect(
        await changed({ headers: { ...wire.headers, authorization: authorization.replace(from, to) } })
      ).toEqual(MISMATCH)
  })

  it.each([
    ['x-amz-target', "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."],
    ['x-amz-date', "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."],
    ['host', "'host' must be a 'SignedHeader' in the AWS Authorization."]
  ])('that does not cover %s is refused', async (name, message) => {
    expect(await refused({ unsigned: [name] })).toEqual({
      status: 400,
      code: 'InvalidSignatureException',
      message
    })
  })

  it('of an unknown key, or with a session token, is refused', async () => {
    const unknown = {
      status: 400,
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.'
    }
    expect(await refused({ accessKeyId: 'GVAKAAAAAAAAAAAAAAAA' })).toEqual(unknown)
    expect(await refused({ headers: { 'x-amz-security-token': 'token' } })).toEqual(unknown)
  })

  it('that is missing or incomplete is refused', async () => {
    const { headers, ...wire } = signed(good)
    const { authorization = '', ...others } = headers
    const sent = async (more: Record<string, string>) =>
      errorOf(await ask(server.url, bytesOf({ ...wire, headers: { ...others, ...more } })))
    const missing = {
      status: 400,
      code: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token'
    }
    expect(await sent({})).toEqual(missing)
    expect(await sent({ authorization: 'Bearer abc' })).toEqual(missing)
    for (const part of ['Credential', 'SignedHeaders', 'Signature'])
      expect(await sent({ authorization: authorization.replace(`${part}=`, 'Other=') })).toEqual({
        status: 400,
        code: 'IncompleteSignatureException',
        message: `Authorization header requires '${part}' parameter.`
      })
    expect(await sent({ authorization: authorization.replace('/aws4_request', '') })).toMatchObject({
      code: 'IncompleteSignatureException'
    })
    expect(
      await sent({ authorization: authorization.replace('aws4_request', 'aws5_request') })
    ).toMatchObject({
      code: 'InvalidSignatureException'
    })
    expect(await refused({ service: 's3' })).toMatchObject({
      code: 'InvalidSignatureException',
      message: "Credential should be scoped to correct service: 'secretsmanager'."
    })
  })

  it('that is too old or in the future is refused, exactly at the limit', async () => {
    expect(await send({ time: Date.now() - minutes(4.9) })).toMatchObject({ status: 200 })
    expect(await send({ time: Date.now() + minutes(4.9) })).toMatchObject({ status: 200 })
    const old = await refused({ time: Date.now() - minutes(5.1) })
    expect(old).toMatchObject({ status: 400, code: 'InvalidSignatureException' })
    expect(old.message).toMatch(
      /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/
    )
    const early = await refused({ time: Date.now() + minutes(5.1) })
    expect(early).toMatchObject({ status: 400, code: 'InvalidSignatureException' })
    expect(early.message).toMatch(
      /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/
    )
  })

  it('over another payload is refused', async () => {
    for (const hash of [
      'UNSIGNED-PAYLOAD',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      '0'.repeat(64)
    ])
      expect(await refused({ headers: { 'x-amz-content-sha256': hash } })).toEqual(MISMATCH)
  })

  it('with a repeated header is refused', async () => {
    const wire = signed({ ...good, target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    for (const header of [
      'x-amz-target: secretsmanager.ListSecrets',
      'x-amz-date: 20200101T000000Z',
      'content-type: text/plain'
    ])
      expect(errorOf(await ask(server.url, bytesOf(wire, [header]))), header).toMatchObject({
        status: 400,
        code: 'IncompleteSignatureException'
      })
  })
})

describe('a presigned request', () => {
  it('is accepted until it expires', async () => {
    expect(await send({ expires: 60 })).toMatchObject({ status: 200 })
    expect(await send({ expires: 3600, time: Date.now() - minutes(50) })).toMatchObject({ status: 200 })
    expect(await refused({ expires: 60, time: Date.now() - minutes(2) })).toEqual({
      status: 400,
      code: 'RequestExpired',
      message: 'Request has expired.'
    })
    expect(await refused({ expires: 60, time: Date.now() + minutes(6) })).toMatchObject({
      code: 'InvalidSignatureException'
    })
  })

  it('is accepted for a write only as long as its signature is remembered', async () => {
    const body = JSON.stringify({ SecretId: 'known', SecretString: 'x', ClientRequestToken: 'p'.repeat(32) })
    const put = { expires: 3600, target: 'PutSecretValue', body }
    expect(await send({ ...put, time: Date.now() - minutes(4) })).toMatchObject({ status: 200 })
    for (const target of ['PutSecretValue', 'DeleteSecret', 'TagResource'])
      expect(await refused({ ...put, target, time: Date.now() - minutes(6) })).toEqual({
        status: 400,
        code: 'RequestExpired',
        message: 'Request has expired.'
      })
  })

  it.each([0, 604_801, 9_999_999])('is refused with %i seconds', async expires => {
    expect(await refused({ expires })).toMatchObject({ code: 'IncompleteSignatureException' })
  })

  it('is refused if its target, body or query was changed', async () => {
    expect(await refused({ expires: 60, unsigned: ['x-amz-target'] })).toMatchObject({
      code: 'InvalidSignatureException'
    })
    const wire = signed({ ...good, expires: 60 })
    expect(
      errorOf(await ask(server.url, bytesOf({ ...wire, body: Buffer.from('{"MaxResults":1}') })))
    ).toEqual(MISMATCH)
    expect(errorOf(await ask(server.url, bytesOf({ ...wire, path: `${wire.path}&more=1` })))).toEqual(
      MISMATCH
    )
    expect(
      errorOf(
        await ask(server.url, bytesOf({ ...wire, path: wire.path.replace('Expires=60', 'Expires=600') }))
      )
    ).toEqual(MISMATCH)
    expect(
      errorOf(await ask(server.url, bytesOf({ ...wire, path: `${wire.path}&X-Amz-Expires=9` })))
    ).toMatchObject({
      code: 'IncompleteSignatureException'
    })
    expect(errorOf(await ask(server.url, bytesOf({ ...wire, path: '/?X-Amz-Signature=%ff' })))).toMatchObject(
      {
        code: 'IncompleteSignatureException'
      }
    )
  })
})

describe('a repeated request', () => {
  const AGAIN = {
    status: 400,
    code: 'ThrottlingException',
    message: 'This request was already received: sign it again.'
  }

  it('does not write a second time, and is answered as the first one only while nothing has changed', async () => {
    const update = (text: string, letter: string) =>
      JSON.stringify({ SecretId: 'known', Description: text, ClientRequestToken: letter.repeat(36) })
    const first = bytesOf(signed({ ...good, target: 'UpdateSecret', body: update('first', 'a') }))
    const { status, body } = await ask(server.url, first)
    expect(status).toBe(200)
    const before = server.vault.commits()
    expect(await ask(server.url, first)).toMatchObject({ status, body })
    expect(server.vault.commits()).toBe(before)
    expect(await send({ target: 'UpdateSecret', body: update('newer', 'b') })).toMatchObject({ status: 200 })
    const commits = server.vault.commits()
    expect(errorOf(await ask(server.url, first))).toEqual(AGAIN)
    expect(server.vault.commits()).toBe(commits)
    expect((await server.vault.api.describeSecret({ SecretId: 'known' })).Description).toBe('newer')
  })

  it.each<[string, object, () => Promise<unknown>]>([
    [
      'TagResource',
      { Tags: [{ Key: 'a', Value: '1' }] },
      () => server.vault.api.untagResource({ SecretId: 'twice', TagKeys: ['a'] })
    ],
    [
      'UntagResource',
      { TagKeys: ['none'] },
      () => server.vault.api.tagResource({ SecretId: 'twice', Tags: [{ Key: 'none', Value: '1' }] })
    ],
    [
      'PutResourcePolicy',
      { ResourcePolicy: '{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}' },
      () => server.vault.api.deleteResourcePolicy({ SecretId: 'twice' })
    ],
    ['DeleteSecret', {}, () => server.vault.api.restoreSecret({ SecretId: 'twice' })],
    [
      'ReplicateSecretToRegions',
      { AddReplicaRegions: [{ Region: 'eu-1' }] },
      () =>
        server.vault.api.removeRegionsFromReplication({ SecretId: 'twice', RemoveReplicaRegions: ['eu-1'] })
    ],
    [
      'DeleteSecret',
      { ForceDeleteWithoutRecovery: true },
      () => server.vault.api.createSecret({ Name: 'twice', SecretString: 'new' })
    ]
  ])(
    'of %s %j is answered while it would change nothing, and not after a change',
    async (target, more, undo) => {
      await server.vault.api.createSecret({ Name: 'twice', SecretString: 'x' }).catch(() => undefined)
      const request = bytesOf(
        signed({ ...good, target, body: JSON.stringify({ SecretId: 'twice', ...more }) })
      )
      const { status, body } = await ask(server.url, request)
      expect(status).toBe(200)
      const commits = server.vault.commits()
      // another secret does not matter
      await server.vault.api.createSecret({ Name: `beside/${Math.random()}`, SecretString: 'x' })
      for (let round = 0; round < 3; round++)
        expect(await ask(server.url, request)).toMatchObject({ status, body })
      expect(server.vault.commits()).toBe(commits + 1)
      await undo()
      const state = server.vault.state()
      expect(errorOf(await ask(server.url, request))).toEqual(AGAIN)
      expect(server.vault.state()).toBe(state)
    }
  )

  it('that was refused gets the same error while nothing has changed', async () => {
    const body = JSON.stringify({ SecretId: 'nowhere', Tags: [{ Key: 'a', Value: '1' }] })
    const tag = bytesOf(signed({ ...good, target: 'TagResource', body }))
    const invalid = bytesOf(signed({ ...good, target: 'TagResource', body: '{}' }))
    for (let round = 0; round < 2; round++) {
      expect(errorOf(await ask(server.url, tag))).toMatchObject({ code: 'ResourceNotFoundException' })
      expect(errorOf(await ask(server.url, invalid))).toMatchObject({ code: 'ValidationException' })
    }
    await server.vault.api.createSecret({ Name: 'nowhere', SecretString: 'x' })
    expect(errorOf(await ask(server.url, tag))).toEqual(AGAIN)
    expect((await server.vault.api.describeSecret({ SecretId: 'nowhere' })).Tags ?? []).toEqual([])
  })

  it('is not answered once its credential may no longer make it', async () => {
    const { root: directory } = server.vault
    const keys = { accessKeyId: 'GVAKREPEATEDAAAAAAAA', secretAccessKey: 'y'.repeat(40) }
    const make = (action: string) =>
      newCredential({ directory, name: 'repeating', actions: [action], resources: ['*'], keys })
    await make('TagResource')
    await server.vault.api.createSecret({ Name: 'limited', SecretString: 'x' })
    const body = JSON.stringify({ SecretId: 'limited', Tags: [{ Key: 'r', Value: '1' }] })
    const tag = bytesOf(signed({ ...good, ...keys, target: 'TagResource', body }))
    expect((await ask(server.url, tag)).status).toBe(200)
    expect((await ask(server.url, tag)).status).toBe(200)
    await removeCredential(directory, 'repeating')
    await make('GetSecretValue')
    expect(errorOf(await ask(server.url, tag))).toMatchObject({ code: 'AccessDeniedException' })
  })

  it('is signed again by an SDK', async () => {
    const client = server.client({ maxAttempts: 5 })
    const tag = new TagResourceCommand({ SecretId: 'known', Tags: [{ Key: 'z', Value: '1' }] })
    for (let round = 0; round < 3; round++) {
      await client.send(tag)
      expect((await server.vault.api.describeSecret({ SecretId: 'known' })).Tags).toEqual([
        { Key: 'z', Value: '1' }
      ])
      await client.send(new UntagResourceCommand({ SecretId: 'known', TagKeys: ['z'] }))
    }
  })

  it('of a put is recognized by its token', async () => {
    const body = JSON.stringify({
      SecretId: 'known',
      SecretString: 'third',
      ClientRequestToken: 'c'.repeat(36)
    })
    const put = bytesOf(signed({ ...good, target: 'PutSecretValue', body }))
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(server.url, put)))
    expect(new Set(answers.map(({ body: text }) => text)).size).toBe(1)
    const { VersionIdsToStages = {} } = await server.vault.api.describeSecret({ SecretId: 'known' })
    expect(VersionIdsToStages['c'.repeat(36)]).toEqual(['AWSCURRENT'])
  })

  it('of a put adds no version to a new secret of the same name', async () => {
    const body = JSON.stringify({
      SecretId: 'made-again',
      SecretString: 'old',
      ClientRequestToken: 'd'.repeat(36)
    })
    const put = bytesOf(signed({ ...good, target: 'PutSecretValue', body }))
    await server.vault.api.createSecret({ Name: 'made-again', SecretString: 'first' })
    expect((await ask(server.url, put)).status).toBe(200)
    expect((await ask(server.url, put)).status).toBe(200)
    await server.vault.api.deleteSecret({ SecretId: 'made-again', ForceDeleteWithoutRecovery: true })
    await server.vault.api.createSecret({ Name: 'made-again', SecretString: 'new' })
    expect(errorOf(await ask(server.url, put))).toEqual(AGAIN)
    expect(await server.vault.api.getSecretValue({ SecretId: 'made-again' })).toMatchObject({
      SecretString: 'new'
    })
  })

  it('that was refused is not run later, whatever has changed since', async () => {
    const body = JSON.stringify({ SecretId: 'late', SecretString: 'x', ClientRequestToken: 'e'.repeat(36) })
    const put = bytesOf(signed({ ...good, target: 'PutSecretValue', body }))
    expect(errorOf(await ask(server.url, put))).toMatchObject({ code: 'ResourceNotFoundException' })
    await server.vault.api.createSecret({ Name: 'late', SecretString: 'first' })
    expect(errorOf(await ask(server.url, put))).toEqual(AGAIN)
  })

  it('that reads returns the current state', async () => {
    const read = bytesOf(signed({ ...good, target: 'GetSecretValue', body: '{"SecretId":"known"}' }))
    await ask(server.url, read)
    await server.vault.api.putSecretValue({ SecretId: 'known', SecretString: 'fourth' })
    expect(JSON.parse((await ask(server.url, read)).body)).toMatchObject({ SecretString: 'fourth' })
  })
})

describe('a signed request that is invalid', () => {
  it.each([
    ['{', 'SerializationException'],
    ['[]', 'SerializationException'],
    ['"x"', 'SerializationException'],
    ['null', 'SerializationException'],
    ['{"SecretId":1}', 'SerializationException'],
    ['{"SecretId":["a"]}', 'SerializationException'],
    ['{"SecretId":null}', 'ValidationException'],
    ['{}', 'ValidationException'],
    ['', 'ValidationException'],
    ['{"SecretId":"a b"}', 'ValidationException'],
    ['{"SecretId":"known","VersionStage":"\\ud800"}', 'ValidationException'],
    ['{"__proto__":{"SecretId":"known"}}', 'ValidationException'],
    ['{"SecretId":"toString"}', 'ResourceNotFoundException']
  ])('%s', async (body, code) => {
    expect(await refused({ target: 'GetSecretValue', body })).toMatchObject({ status: 400, code })
  })

  it('invalid UTF-8', async () => {
    expect(
      await refused({ target: 'GetSecretValue', body: Buffer.from('{"SecretId":"\xff"}', 'latin1') })
    ).toMatchObject({
      code: 'SerializationException'
    })
  })

  it('an unknown operation, no operation, another Content-Type', async () => {
    for (const target of ['Nothing', 'toString', '__proto__', ''])
      expect(await refused({ target })).toMatchObject({ status: 400, code: 'UnknownOperationException' })
    expect(await refused({ headers: { 'x-amz-target': 'ssm.GetParameter' } })).toMatchObject({
      code: 'UnknownOperationException'
    })
    expect(await refused({ headers: { 'content-type': 'application/json' } })).toMatchObject({
      code: 'UnknownOperationException'
    })
  })

  it('an invalid region', async () => {
    expect(
      await refused({ region: 'No Region', target: 'GetSecretValue', body: '{"SecretId":"known"}' })
    ).toMatchObject({
      status: 400
    })
  })

  it('invalid base64', async () => {
    const body = JSON.stringify({
      SecretId: 'known',
      SecretBinary: '%%%',
      ClientRequestToken: 'd'.repeat(36)
    })
    expect(await refused({ target: 'PutSecretValue', body })).toMatchObject({
      code: 'SerializationException'
    })
  })
})

it('the log of all this has no value and no key', () => {
  const log = server.logged.join('')
  for (const text of ['planted value', 'second', 'third', 'fourth', server.env('AWS_SECRET_ACCESS_KEY')])
    expect(log).not.toContain(text)
  const lines = log.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(50)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ status: expect.any(Number) as number })
})
