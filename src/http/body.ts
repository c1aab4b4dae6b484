import type { IncomingMessage } from 'node:http'

/**
 * The longest request that the model knows: 65,536 bytes of a value, each escaped as six characters, with a policy, a
 * description and tags, is under 700 KB.
 */
export const LONGEST_BODY = 1024 * 1024

/** The other side has gone, or was cut off, before it had sent everything. */
export class Aborted extends Error {
  override readonly name = 'Aborted'
}

/** `undefined` where it is too long; what is left of it is then not looked at. Rejects with `Aborted`. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    let body: Buffer = Buffer.alloc(0)
    let length = 0
    request.on('data', (chunk: Buffer) => {
      // copied, for each chunk holds on to all that came with it in one read: bytes sent one by one would cost hundreds each
      if (length + chunk.length <= LONGEST_BODY) body = appended(body, length, chunk)
      else {
        body = Buffer.alloc(0)
        resolve(undefined)
      }
      length += chunk.length
    })
    request.once('end', () => resolve(body.subarray(0, length)))
    request.once('error', error => reject(new Aborted('aborted', { cause: error })))
    request.once('close', () => {
      // it closes after its end, too
      if (!request.complete) reject(new Aborted('aborted'))
    })
  })
}

/** The first bytes of one buffer and another behind them, in the same buffer as long as there is room. */
function appended(body: Buffer, length: number, chunk: Buffer): Buffer {
  const needed = length + chunk.length
  const roomy = needed <= body.length ? body : Buffer.allocUnsafe(Math.min(2 * needed, LONGEST_BODY))
  if (roomy !== body) body.copy(roomy, 0, 0, length)
  chunk.copy(roomy, length)
  return roomy
}
