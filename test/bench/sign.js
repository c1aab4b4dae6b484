import { createHash, createHmac } from 'node:crypto'

const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
const sha256 = text => createHash('sha256').update(text).digest('hex')

/** Returns an AWS JSON 1.1 request signed with Signature Version 4, as bytes: an SDK's cost is not measured. */
export function signedRequest({ host, region, accessKeyId, secretAccessKey }, operation, input) {
  const body = JSON.stringify(input)
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${region}/secretsmanager/aws4_request`
  const headers = [
    ['content-type', 'application/x-amz-json-1.1'],
    ['host', host],
    ['x-amz-date', time],
    ['x-amz-target', `secretsmanager.${operation}`]
  ]
  const names = headers.map(([name]) => name).join(';')
  const canonical = [
    'POST',
    '/',
    '',
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(body)
  ]
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.join('\n'))].join('\n')
  const key = scope.split('/').reduce((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  const signature = hmac(key, text).toString('hex')
  return Buffer.from(
    [
      'POST / HTTP/1.1',
      ...headers.map(([name, value]) => `${name}: ${value}`),
      `authorization: AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body
    ].join('\r\n')
  )
}
