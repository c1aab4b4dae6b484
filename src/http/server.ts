import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { VaultError } from '../core/errors.js'
import { Agent, agentError, type AgentOptions } from './agent.js'
import { Api, type RequestRecord } from './api.js'
import { errorAnswer, wireError } from './awsJson.js'
import type { Backend } from './backend.js'
import { Aborted, LONGEST_BODY, readBody } from './body.js'
import { Connections } from './connections.js'
import { bracketed, Hosts } from './hosts.js'
import { Log } from './log.js'
import { Headers, plain, type Answer, type Received } from './received.js'
import { Turn } from './turn.js'

export interface ServerOptions {
  readonly backend: Backend
  readonly host: string
  /** 0 takes one that is free. */
  readonly port: number
  /** Names, besides those of this machine, that clients may reach it by. */
  readonly hosts: readonly string[]
  /** PEM, for TLS. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array }
  readonly agent?: AgentOptions
  readonly maxConnections: number
  /** Told once nothing has been asked for so many milliseconds. */
  readonly idle?: { readonly after: number; readonly tell: () => void }
  readonly log: (text: string) => Promise<void>
}

export interface Running {
  readonly url: string
  /** Takes no more, and resolves once what had come in whole is answered. */
  stop(): Promise<void>
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How long a connection may stay open unused. */
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 1_000,
  // one without is refused by the check of hosts, in the protocol's own way
  requireHostHeader: false
}
/** How long a request may take to come in, and an answer to be read, once the server has been asked to stop. */
const LAST_CALL = 5_000
/** How long the log may take to be read, then. */
const LAST_LINES = 1_000
const TOO_MANY = 'Connection limit exceeded'

/** Starts to listen. Throws `FileFailed` where the address cannot be had. */
export async function startServer(options: ServerOptions): Promise<Running> {
  const server = new Server(options)
  await server.listen(options)
  return server
}

class Server implements Running {
  readonly #options: ServerOptions
  readonly #server: http.Server
  readonly #connections: Connections
  readonly #hosts: Hosts
  readonly #log: Log
  readonly #turn: Turn
  readonly #api: Api
  readonly #agent: Agent
  readonly #idle: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(options: ServerOptions) {
    const { backend, tls, idle } = options
    this.#options = options
    this.#connections = new Connections(backend.clock, options.maxConnections)
    this.#hosts = new Hosts([options.host, ...options.hosts])
    this.#log = new Log(options.log)
    this.#turn = new Turn(() => backend.turn())
    this.#api = new Api(backend)
    this.#agent = new Agent(this.#api, backend, options.agent)
    this.#server = tls
      ? https.createServer({
          ...LIMITS,
          cert: Buffer.from(tls.cert),
          key: Buffer.from(tls.key),
          minVersion: 'TLSv1.2',
          handshakeTimeout: 10_000
        })
      : http.createServer(LIMITS)
    this.#server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#connections.open(socket)
    )
    // nothing has gone either way for so long: who asks and does not read holds nothing
    this.#server.timeout = LIMITS.keepAliveTimeout
    if (tls) this.#server.on('connection', (socket: Socket) => this.#connections.greet(socket))
    this.#server.on('request', (request, response) => void this.#request(request, response))
    this.#server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      if (Number(request.headers['content-length'] ?? 0) <= LONGEST_BODY) response.writeContinue()
      void this.#request(request, response)
    })
    // any other expectation than 100-continue: nobody has to meet it
    this.#server.on('checkExpectation', (request, response) => void this.#request(request, response))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#unreadable(error, socket)
    )
    if (idle)
      this.#idle = setTimeout(() => {
        if (this.#connections.isWorking) this.#idle?.refresh()
        else idle.tell()
      }, idle.after)
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    const scheme = this.#options.tls ? 'https' : 'http'
    const { host } = this.#options
    // 0.0.0.0 is every address and none to go to
    const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    return `${scheme}://${bracketed(name)}:${port}`
  }

  listen({ host, port }: ServerOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new VaultError('FileFailed', `cannot listen at ${bracketed(host)}:${port}: ${error.code}`, {
            cause: error
          })
        )
      )
      this.#server.listen({ host, port, backlog: 511 }, resolve)
    })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#idle)
    // not as http closes, which cuts off what is still on its way to somebody who reads slowly
    net.Server.prototype.close.call(this.#server)
    // What has arrived by now and was not looked at yet is still taken: a connection is accepted in one turn, read in the
    // next, and one that came in through TLS in the one after.
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
    this.#connections.endIdle()
    const slow = setInterval(() => this.#connections.endSlow(LAST_CALL), LAST_CALL)
    await this.#connections.empty()
    clearInterval(slow)
    await this.#log.flush(LAST_LINES)
  }

  async #request(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { clock } = this.#options.backend
    const begun = clock.now()
    const id = this.#options.backend.uuid()
    const record: RequestRecord = {}
    const progress = this.#connections.begin(request.socket)
    let failure: unknown
    const fail = (error: unknown): Answer => {
      failure = error
      return isApi(request) ? errorAnswer(error) : agentError(error)
    }
    const answer = await this.#answer(request, record, () => progress.received()).catch(fail)
    progress.answered()
    const isGone = failure instanceof Aborted
    // before it is answered, so that whoever has an answer finds it in the log
    await this.#log.add({
      time: new Date(begun).toISOString(),
      id,
      ...record,
      status: isGone ? 0 : answer.status,
      ...(failure === undefined || isGone ? {} : said(failure)),
      ms: clock.now() - begun
    })
    // only who has a credential keeps a connection, and the server, alive
    if (record.key !== undefined) {
      this.#connections.prove(request.socket)
      this.#idle?.refresh()
    }
    if (isGone) response.destroy()
    else await this.#send(answer, id, request, response)
    progress.done()
    if (this.#isStopping) this.#connections.endIdle()
  }

  async #answer(request: http.IncomingMessage, record: RequestRecord, received: () => void): Promise<Answer> {
    const headers = new Headers(request.rawHeaders)
    const { socket } = request
    if (this.#connections.isExtra(socket)) {
      const busy = errorAnswer(new VaultError('ThrottlingException', TOO_MANY))
      return isApi(request) ? { ...busy, status: 429 } : plain(429, TOO_MANY)
    }
    if (!this.#hosts.areRight(headers, socket.localAddress))
      return isApi(request)
        ? errorAnswer(
            new VaultError('AccessDeniedException', 'The request is for another host, or from a web page.')
          )
        : plain(403, 'Forbidden')
    const body = await readBody(request)
    if (body === undefined) {
      const text = `The body is longer than ${LONGEST_BODY} bytes.`
      return { ...errorAnswer(new VaultError('ValidationException', text)), status: 413 }
    }
    received()
    await this.#turn.over()
    const { path, query } = partsOf(request)
    const whole: Received = {
      method: request.method ?? '',
      path,
      query,
      headers,
      body,
      address: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
      isSecure: this.#options.tls !== undefined
    }
    return isApi(request) ? this.#api.answer(whole, record) : this.#agent.answer(whole, record)
  }

  #send(
    { status, type, body }: Answer,
    id: string,
    request: http.IncomingMessage,
    response: http.ServerResponse
  ): Promise<void> {
    // not while more of what was sent ahead is being answered, for node ends the connection after it
    const isEnding = this.#isStopping && !this.#connections.hasMore(request.socket)
    const isLast = isEnding || status === 413 || status === 429
    response.writeHead(status, {
      'x-amzn-RequestId': id,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(isLast ? { Connection: 'close' } : {})
    })
    return new Promise(resolve => {
      response.once('close', resolve)
      response.end(request.method === 'HEAD' ? undefined : body)
      if (status !== 413) return
      // what is still being sent is thrown away for a while, so that the answer is read
      request.resume()
      setTimeout(() => request.socket.destroy(), 1_000).unref()
    })
  }

  /** What is no HTTP, or comes too slowly. */
  #unreadable(error: NodeJS.ErrnoException, socket: Socket): void {
    const isOpen = socket.writable && this.#connections.has(socket)
    if (!isOpen || error.code === 'ECONNRESET' || this.#connections.isActive(socket)) {
      socket.destroy()
      return
    }
    const [status, reason, text] =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? [
            431,
            'Request Header Fields Too Large',
            `The headers are longer than ${LIMITS.maxHeaderSize} bytes.`
          ]
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? [408, 'Request Timeout', 'The request came too slowly.']
          : [400, 'Bad Request', 'The request is no HTTP.']
    const { type, body } = errorAnswer(new VaultError('SerializationException', text))
    const id = this.#options.backend.uuid()
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nx-amzn-RequestId: ${id}\r\nContent-Type: ${type}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body.toString()}`
    )
    setTimeout(() => socket.destroy(), 1_000).unref()
    const time = new Date(this.#options.backend.clock.now()).toISOString()
    void this.#log.add({ time, id, status, error: 'SerializationException', ms: 0 })
  }
}

/** The API is asked with POST at the root; all else is the agent's protocol. */
function isApi(request: http.IncomingMessage): boolean {
  return request.method === 'POST' && partsOf(request).path === '/'
}

function partsOf({ url = '' }: http.IncomingMessage): { path: string; query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/** For the log. The text of an error that is not ours may hold anything, so only its place is told. */
function said(error: unknown): { error: string; cause?: string } {
  const { code, status } = wireError(error)
  if (status < 500) return { error: code }
  if (error instanceof VaultError) return { error: code, cause: `${error.code}: ${error.message}` }
  const place = error instanceof Error ? (error.stack ?? '').split('\n    at ')[1] : undefined
  return {
    error: code,
    cause: `${error instanceof Error ? error.name : typeof error} at ${place ?? 'unknown'}`
  }
}
