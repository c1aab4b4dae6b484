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
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= LONGEST_BODY) chunks.push(chunk)
      else {
        chunks.length = 0
        resolve(undefined)
      }
    })
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', error => reject(new Aborted('aborted', { cause: error })))
    request.once('close', () => {
      // it closes after its end, too
      if (!request.complete) reject(new Aborted('aborted'))
    })
  })
}
