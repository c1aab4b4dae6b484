/** The requests that an `Agent` answers. */
export type Request = 'seed' | 'until' | 'end'

export type Reply =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  /** No process listens: the agent was killed or has just ended. */
  | { readonly kind: 'dead' }
  /** A process listens, but its answer is late, empty or too long. */
  | { readonly kind: 'silent' }

/** In bytes; the longest valid answer has 32. */
const MAX_ANSWER_LENGTH = 64
/** An agent answers in a millisecond. A command must not wait long for one that hangs. */
const ANSWER_TIMEOUT_MS = 1_000

/** Sends a request to the agent at a socket. The caller has checked the socket's owner and mode. Never rejects. */
export function askAgent(path: string, request: Request): Promise<Reply> {
  // loaded here, because there is rarely an agent
  const { connect } = process.getBuiltinModule('node:net')
  return new Promise(resolve => {
    const socket = connect(path)
    const chunks: Buffer[] = []
    let length = 0
    const settle = (reply: Reply): void => {
      clearTimeout(timeout)
      for (const chunk of chunks) chunk.fill(0)
      socket.destroy()
      resolve(reply)
    }
    const timeout = setTimeout(() => settle({ kind: 'silent' }), ANSWER_TIMEOUT_MS)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle({ kind: error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'dead' : 'silent' })
    )
    socket.on('data', chunk => {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_ANSWER_LENGTH) settle({ kind: 'silent' })
    })
    socket.on('end', () => {
      // not from the shared pool, because the caller wipes it
      const bytes = Buffer.alloc(length)
      let at = 0
      for (const chunk of chunks) at += chunk.copy(bytes, at)
      settle(length === 0 ? { kind: 'silent' } : { kind: 'answer', bytes })
    })
    socket.write(`${request}\n`)
  })
}
