import { beforeAll, expect, it } from 'vitest'
import { newCredential } from '../../src/app/credentials.js'
import { startTestServer, type TestServer } from './kit.js'
import { ask, bytesOf, errorOf, signed, type Signing } from './wire.js'

const KEYS = { accessKeyId: 'GVAKAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) }
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  // a policy that allows nothing of this
  const policy = '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
  await newCredential({
    directory: server.vault.root,
    name: 'app.1',
    actions: [],
    resources: [],
    policy,
    keys: KEYS
  })
})

const send = (more: Partial<Signing> = {}) => {
  const { headers, ...others } = more
  const signing = { url: server.url, ...KEYS, service: 'sts', body: BODY, ...others }
  return ask(server.url, bytesOf(signed({ ...signing, headers: { ...FORM, ...headers } })))
}

it('GetCallerIdentity names the credential that signs, whatever its policy and the region', async () => {
  for (const region of ['us-east-1', 'local']) {
    const { status, headers, body } = await send({ region })
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/xml' })
    expect(body).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<Arn>arn:aws:iam::000000000000:user/app.1</Arn><UserId>GVAKAAAAAAAAAAAAAAAA</UserId>' +
        '<Account>000000000000</Account></GetCallerIdentityResult><ResponseMetadata>' +
        `<RequestId>${headers['x-amzn-requestid']}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
    )
  }
  expect(server.logged.at(-1)).toContain('"key":"GVAKAAAAAAAAAAAAAAAA","operation":"GetCallerIdentity"')
})

it.each<[string, Partial<Signing>, number, string, string]>([
  [
    'of an unknown key',
    { accessKeyId: 'GVAKBBBBBBBBBBBBBBBB' },
    403,
    'InvalidClientTokenId',
    'security token'
  ],
  [
    'with another secret',
    { secretAccessKey: 'y'.repeat(40) },
    403,
    'SignatureDoesNotMatch',
    'does not match'
  ],
  [
    'for another service',
    { service: 'secretsmanager' },
    403,
    'SignatureDoesNotMatch',
    "correct service: 'sts'"
  ],
  ['that is too old', { time: Date.now() - 400_000 }, 403, 'SignatureDoesNotMatch', 'Signature expired'],
  [
    'for another action',
    { body: 'Action=GetSessionToken%3C&Version=2011-06-15' },
    400,
    'InvalidAction',
    'Could not find operation GetSessionToken&#60; for version 2011-06-15'
  ],
  ['without an action', { body: '' }, 400, 'InvalidAction', 'NO_OPERATION'],
  ['that is not a form', { body: 'Action=%ff' }, 400, 'InvalidAction', 'NO_OPERATION'],
  [
    'for another version',
    { body: 'Action=GetCallerIdentity&Version=1' },
    400,
    'InvalidAction',
    'for version 1'
  ]
])('a request %s is refused in XML', async (_, more, expected, code, message) => {
  const { status, headers, body } = await send(more)
  expect({ status, type: headers['content-type'] }).toEqual({ status: expected, type: 'text/xml' })
  expect(body).toMatch(/^<ErrorResponse xmlns=".*"><Error><Type>Sender<\/Type><Code>\w+<\/Code><Message>/)
  expect(body).toContain(`<Code>${code}</Code>`)
  expect(body).toContain(message)
  expect(body).toContain(`<RequestId>${headers['x-amzn-requestid']}</RequestId></ErrorResponse>`)
})

it('a signature for it is none for Secrets Manager', async () => {
  const wire = signed({ url: server.url, ...KEYS, service: 'sts', body: '{}' })
  expect(errorOf(await ask(server.url, bytesOf(wire)))).toMatchObject({
    code: 'InvalidSignatureException',
    message: "Credential should be scoped to correct service: 'secretsmanager'."
  })
})

it('its parameters may be in any order, and more of them', async () => {
  const body = 'Version=2011-06-15&More=a+b&Action=GetCallerIdentity'
  expect((await send({ body })).status).toBe(200)
})
