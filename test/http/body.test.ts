import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { LONGEST_BODY, readBody } from '../../src/http/body.js'

/** A request whose body arrives in these chunks. */
function requestOf(pieces: readonly Uint8Array[]): IncomingMessage {
  const stream = Object.assign(new PassThrough(), { headers: {} })
  for (const piece of pieces) stream.write(piece)
  stream.end()
  return stream as unknown as IncomingMessage
}

it('is what was sent, however it is chunked', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 })), async pieces => {
      expect(await readBody(requestOf(pieces))).toEqual(Buffer.concat(pieces))
    })
  ))

it('may have the longest allowed length, and not one byte more', async () => {
  const half = Buffer.alloc(LONGEST_BODY / 2, 'x')
  expect((await readBody(requestOf([half, half])))?.length).toBe(LONGEST_BODY)
  expect(await readBody(requestOf([half, half, Buffer.from('x')]))).toBeUndefined()
})

it('keeps none of the buffers that its chunks arrived in', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const stream = Object.assign(new PassThrough(), { headers: {} })
  const body = readBody(stream as unknown as IncomingMessage)
  const reads: WeakRef<ArrayBuffer>[] = []
  for (let count = 0; count < 50; count++) {
    // one byte of each read buffer is body; the rest stands for the framing of chunks
    const read = new Uint8Array(64 * 1024).fill(0x78)
    reads.push(new WeakRef(read.buffer))
    stream.write(read.subarray(0, 1))
    await new Promise(resolve => setImmediate(resolve))
  }
  await new Promise(resolve => setTimeout(resolve, 10))
  collect()
  expect(reads.filter(read => read.deref() !== undefined).length).toBeLessThan(5)
  stream.end()
  expect(await body).toEqual(Buffer.alloc(50, 'x'))
})
