import { createHash, createHmac } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** A request to be signed by hand, because no SDK makes wrong ones. */
export interface Signing {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region?: string
  readonly service?: string
  /** Milliseconds since the Unix epoch. */
  readonly time?: number
  readonly target?: string
  readonly body?: string | Buffer
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that are not signed. */
  readonly unsigned?: readonly string[]
  /** Seconds that a presigned request is valid. If set, the signature is in the query. */
  readonly expires?: number
  readonly query?: string
}

export interface Wire {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

export const basicTime = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')

export function signed(signing: Signing): Wire {
  const { url, accessKeyId, secretAccessKey, region = 'local', service = 'secretsmanager' } = signing
  const { target = 'ListSecrets', method = 'POST', expires, unsigned = [] } = signing
  const body = Buffer.from(signing.body ?? '{}')
  const time = basicTime(signing.time ?? Date.now())
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(url).host,
    ...(service === 'sts' ? {} : { 'x-amz-target': `secretsmanager.${target}` }),
    ...(expires === undefined ? { 'x-amz-date': time } : {}),
    ...signing.headers
  }
  const names = Object.keys(headers)
    .filter(name => !unsigned.includes(name))
    .sort()
  const presigned: [string, string][] =
    expires === undefined
      ? []
      : [
          ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
          ['X-Amz-Credential', `${accessKeyId}/${scope}`],
          ['X-Amz-Date', time],
          ['X-Amz-Expires', String(expires)],
          ['X-Amz-SignedHeaders', names.join(';')]
        ]
  const query = [
    ...presigned.map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    ...(signing.query?.split('&') ?? [])
  ].sort()
  const canonical = [
    method,
    '/',
    query.join('&'),
    ...names.map(name => `${name}:${headers[name]!.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body)
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = scope
    .split('/')
    .reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  const signature = hmac(key, text).toString('hex')
  if (expires === undefined)
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  else query.push(`X-Amz-Signature=${signature}`)
  return { method, path: query.length === 0 ? '/' : `/?${query.join('&')}`, headers, body }
}

export function bytesOf({ method, path, headers, body }: Wire, more: readonly string[] = []): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...more,
    `content-length: ${body.length}`
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A connection on which any bytes can be sent. */
export class Line {
  readonly socket: Socket
  #text = ''
  #isClosed = false
  #changed: () => void = () => undefined

  constructor(url: string) {
    this.socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), noDelay: true })
    this.socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#changed()
    })
    // a closed connection is a possible answer
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.#isClosed = true
      this.#changed()
    })
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes)
    return this
  }

  /** The next reply; `undefined` if the connection was closed without one. */
  async reply(): Promise<Reply | undefined> {
    for (;;) {
      const found = this.#take()
      if (found) return found
      if (this.#isClosed) return undefined
      await new Promise<void>(resolve => (this.#changed = resolve))
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await new Promise<void>(resolve => (this.#changed = resolve))
  }

  end(): void {
    this.socket.destroy()
  }

  #take(): Reply | undefined {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n')
    if (first === 'HTTP/1.1 100 Continue') {
      this.#text = this.#text.slice(end + 4)
      return { status: 100, headers: {}, body: '' }
    }
    const headers = Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])
    )
    const length = Number(headers['content-length'] ?? 0)
    if (this.#text.length < end + 4 + length) return undefined
    const body = Buffer.from(this.#text.slice(end + 4, end + 4 + length), 'latin1').toString('utf8')
    this.#text = this.#text.slice(end + 4 + length)
    return { status: Number(first.split(' ')[1]), headers, body }
  }
}

/** Sends one request on a connection of its own. */
export async function ask(url: string, bytes: string | Buffer): Promise<Reply> {
  const line = new Line(url).send(bytes)
  const reply = await line.reply()
  line.end()
  if (!reply) throw new Error('closed without a reply')
  return reply
}

export const get = (
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<Reply> =>
  ask(
    url,
    `GET ${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`
  )

/** An error of AWS JSON: its code and text. */
export function errorOf({ status, headers, body }: Reply): { status: number; code: string; message: string } {
  if (headers['content-type'] !== 'application/x-amz-json-1.1') throw new Error(`no AWS JSON: ${body}`)
  const { __type: code, Message: message } = JSON.parse(body) as { __type: string; Message: string }
  return { status, code, message }
}
