import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { VaultError } from '../core/errors.js'
import { AwsAgent, type AgentOptions } from './awsAgent.js'
import { Api, type LogFields } from './api.js'
import { errorAnswer } from './awsJson.js'
import type { Backend } from './backend.js'
import { Aborted, LONGEST_BODY, readBody } from './body.js'
import { Connections } from './connections.js'
import { failureAnswer, failureFields, isApi } from './failure.js'
import { bracketed, Hosts } from './hosts.js'
import { Log } from './log.js'
import { Headers, partsOf, plain, type Answer, type HttpRequest } from './message.js'
import { stopListening } from './stopListening.js'
import { Tick } from './tick.js'

export interface ServerOptions {
  readonly backend: Backend
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Host names that clients may use, besides the loopback ones and `host`. */
  readonly hosts: readonly string[]
  /** PEM, for TLS. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array }
  readonly agent?: AgentOptions
  readonly maxConnections: number
  /** Calls `onIdle` once no client has made an authenticated request for `after` milliseconds. */
  readonly idle?: { readonly after: number; readonly onIdle: () => void }
  readonly log: (text: string) => Promise<void>
}

export interface RunningServer {
  readonly url: string
  /** Stops accepting requests. Resolves once those that had arrived in full are answered. */
  stop(): Promise<void>
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How long a connection may be idle. */
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 1_000,
  // a request without Host is refused by `Hosts`, with an error of the protocol
  requireHostHeader: false
}
/** Milliseconds that a request may take to arrive, or an answer to be read, once the server is stopping. */
const LAST_CALL = 5_000
/** Milliseconds that the log may take to be written after that. */
const LAST_LINES = 1_000
const TOO_MANY = 'Connection limit exceeded'

/** Starts listening. Throws `FileFailed` if the address is not available. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new Server(options)
  await server.listen(options)
  await server.open()
  return server
}

class Server implements RunningServer {
  readonly #options: ServerOptions
  readonly #server: http.Server
  readonly #connections: Connections
  readonly #hosts: Hosts
  readonly #log: Log
  readonly #tick: Tick
  readonly #api: Api
  readonly #agent: AwsAgent
  readonly #idle: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(options: ServerOptions) {
    const { backend, tls, idle } = options
    this.#options = options
    this.#connections = new Connections(backend.clock, options.maxConnections)
    this.#hosts = new Hosts([options.host, ...options.hosts])
    this.#log = new Log(options.log)
    this.#tick = new Tick(() => backend.refresh())
    this.#api = new Api(backend)
    this.#agent = new AwsAgent(this.#api, backend, options.agent)
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
    // no traffic in either direction: a client that does not read its answer must not hold a connection
    this.#server.timeout = LIMITS.keepAliveTimeout
    if (tls) this.#server.on('connection', (socket: Socket) => this.#connections.openHandshake(socket))
    this.#server.on('request', (request, response) => void this.#request(request, response))
    this.#server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      if (Number(request.headers['content-length'] ?? 0) <= LONGEST_BODY) response.writeContinue()
      void this.#request(request, response)
    })
    // an expectation other than 100-continue may be ignored
    this.#server.on('checkExpectation', (request, response) => void this.#request(request, response))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#unreadable(error, socket)
    )
    if (idle)
      this.#idle = setTimeout(() => {
        if (this.#connections.isWorking) this.#idle?.refresh()
        else idle.onIdle()
      }, idle.after)
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    const scheme = this.#options.tls ? 'https' : 'http'
    const { host } = this.#options
    // 0.0.0.0 and :: mean every address, and cannot be connected to everywhere
    const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    return `${scheme}://${bracketed(name)}:${port}`
  }

  listen({ host, port }: ServerOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new VaultError('FileFailed', `cannot listen on ${bracketed(host)}:${port}: ${error.code}`, {
            cause: error
          })
        )
      )
      this.#server.listen({ host, port, backlog: 511 }, resolve)
    })
  }

  /**
   * Accepts signatures from now on. A signature has a date in whole seconds. One from the second in which the server
   * began to listen may have been sent to another process that had the port a moment before, so the server waits for the
   * next second. It need not wait if no client has an access key yet.
   */
  async open(): Promise<void> {
    const { backend } = this.#options
    const now = backend.clock.now()
    if (!backend.hasOldKeys) {
      this.#api.open(Math.floor(now / 1000) * 1000)
      return
    }
    const since = Math.ceil(now / 1000) * 1000
    this.#api.open(since)
    // a timer may fire a millisecond early
    await new Promise(resolve => setTimeout(resolve, since - now + 2))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#idle)
    stopListening(this.#server)
    // Requests that have arrived but are not read yet are still answered. A connection is accepted in one
    // tick and read in the next; over TLS, in the one after.
    for (let tick = 0; tick < 3; tick++) await new Promise(resolve => setImmediate(resolve))
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
    const logFields: LogFields = {}
    const progress = this.#connections.begin(request.socket)
    let failure: unknown
    const headers = new Headers(request.rawHeaders)
    const fail = (error: unknown): Answer => {
      failure = error
      return failureAnswer(request, headers, error, id)
    }
    const answer = await this.#answer(request, { headers, id }, logFields, progress).catch(fail)
    progress.answered()
    const isAborted = failure instanceof Aborted
    // logged before it is answered, so that a client with an answer finds it in the log
    await this.#log.add({
      time: new Date(begun).toISOString(),
      id,
      ...logFields,
      status: isAborted ? 0 : answer.status,
      ...(failure === undefined || isAborted ? {} : failureFields(failure)),
      ms: clock.now() - begun
    })
    // only an authenticated client keeps a connection open and the server running
    if (logFields.key !== undefined) {
      this.#connections.authenticate(request.socket)
      this.#idle?.refresh()
    }
    if (isAborted) response.destroy()
    else await this.#send(answer, id, request, response)
    progress.done()
    if (this.#isStopping) this.#connections.endIdle()
  }

  async #answer(
    request: http.IncomingMessage,
    { headers, id }: Pick<HttpRequest, 'headers' | 'id'>,
    logFields: LogFields,
    progress: { received(): void }
  ): Promise<Answer> {
    const { socket } = request
    if (this.#connections.isExtra(socket)) {
      const busy = errorAnswer(new VaultError('ThrottlingException', TOO_MANY))
      return isApi(request) ? { ...busy, status: 429 } : plain(429, TOO_MANY)
    }
    if (!this.#hosts.accept(headers, socket.localAddress)) {
      if (!isApi(request)) return plain(403, 'Forbidden')
      const text = 'The request is for another host, or from a web page.'
      return errorAnswer(new VaultError('AccessDeniedException', text))
    }
    const body = await readBody(request)
    if (body === undefined) {
      const text = `The body is longer than ${LONGEST_BODY} bytes.`
      return { ...errorAnswer(new VaultError('ValidationException', text)), status: 413 }
    }
    progress.received()
    await this.#tick.ended()
    const { path, query } = partsOf(request.url)
    const httpRequest: HttpRequest = {
      id,
      method: request.method ?? '',
      path,
      query,
      headers,
      body,
      address: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
      isSecure: this.#options.tls !== undefined
    }
    return isApi(request)
      ? this.#api.answer(httpRequest, logFields)
      : this.#agent.answer(httpRequest, logFields)
  }

  #send(
    { status, type, body }: Answer,
    id: string,
    request: http.IncomingMessage,
    response: http.ServerResponse
  ): Promise<void> {
    // not while pipelined requests are still being answered: node closes the connection after this answer
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
      // discards the rest of the body for a while, so that the client reads the answer
      request.resume()
      setTimeout(() => request.socket.destroy(), 1_000).unref()
    })
  }

  /** Answers a request that is not valid HTTP, or that arrives too slowly. */
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
          ? [408, 'Request Timeout', 'The request arrived too slowly.']
          : [400, 'Bad Request', 'The request is not valid HTTP.']
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
