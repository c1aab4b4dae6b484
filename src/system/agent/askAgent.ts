/** What an `IdentityAgent` can be asked. */
export type Request = 'seed' | 'until' | 'end'

export type Reply =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  /** Nobody listens: it was killed, or has just ended. */
  | { readonly kind: 'dead' }
  /** Something listens and gives no answer in time, or one that is too long. */
  | { readonly kind: 'silent' }

/** More than any answer has. */
const LONGEST_ANSWER = 64
/** An agent answers in a millisecond; no command waits much longer for one that hangs. */
const PATIENCE = 1_000

/** Asks whoever listens at a socket, which must have been looked at before. Never rejects. */
export function askAgent(path: string, request: Request): Promise<Reply> {
  // not loaded above: there is rarely one to ask
  const { connect } = process.getBuiltinModule('node:net')
  return new Promise(resolve => {
    const socket = connect(path)
    const chunks: Buffer[] = []
    let length = 0
    const settle = (reply: Reply): void => {
      clearTimeout(late)
      for (const chunk of chunks) chunk.fill(0)
      socket.destroy()
      resolve(reply)
    }
    const late = setTimeout(() => settle({ kind: 'silent' }), PATIENCE)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle({ kind: error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'dead' : 'silent' })
    )
    socket.on('data', chunk => {
      chunks.push(chunk)
      length += chunk.length
      if (length > LONGEST_ANSWER) settle({ kind: 'silent' })
    })
    socket.on('end', () => {
      // a slab of its own: what is wiped is not shared
      const bytes = Buffer.alloc(length)
      let at = 0
      for (const chunk of chunks) at += chunk.copy(bytes, at)
      settle(length === 0 ? { kind: 'silent' } : { kind: 'answer', bytes })
    })
    socket.write(`${request}\n`)
  })
}
