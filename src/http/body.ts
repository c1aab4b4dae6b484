import type { IncomingMessage } from 'node:http'

/**
 * Bytes. The longest request of the model is under 700 KB: a value of 65,536 bytes, each escaped as six
 * characters, with a policy, a description and tags.
 */
export const LONGEST_BODY = 1024 * 1024

/** The connection ended before the whole request had arrived. */
export class Aborted extends Error {
  override readonly name = 'Aborted'
}

/**
 * The body of a request; `undefined` if it is longer than `LONGEST_BODY`, the rest being ignored. Throws
 * `Aborted`.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    let body: Buffer = Buffer.alloc(0)
    let length = 0
    request.on('data', (chunk: Buffer) => {
      // copied, because a chunk keeps the whole read buffer in memory: bytes sent one by one would cost
      // hundreds each
      if (length + chunk.length <= LONGEST_BODY) body = append(body, length, chunk)
      else {
        body = Buffer.alloc(0)
        resolve(undefined)
      }
      length += chunk.length
    })
    request.once('end', () => resolve(body.subarray(0, length)))
    request.once('error', error => reject(new Aborted('aborted', { cause: error })))
    request.once('close', () => {
      // 'close' comes after 'end' too
      if (!request.complete) reject(new Aborted('aborted'))
    })
  })
}

/** Appends `chunk` to the first `length` bytes of `body`, in the same buffer if it has room. */
function append(body: Buffer, length: number, chunk: Buffer): Buffer {
  const needed = length + chunk.length
  const target = needed <= body.length ? body : Buffer.allocUnsafe(Math.min(2 * needed, LONGEST_BODY))
  if (target !== body) body.copy(target, 0, 0, length)
  chunk.copy(target, length)
  return target
}
