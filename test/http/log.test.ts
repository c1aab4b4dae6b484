import { expect, it } from 'vitest'
import { Log } from '../../src/http/log.js'

it('is JSON in printable ASCII, whatever was requested', async () => {
  const written: string[] = []
  const log = new Log(async text => void written.push(text))
  const secret = 'a\u001b[31m\u009b31m\u202eé😀"'
  await log.add({ time: '', id: '', secret, status: 400, ms: 0 })
  await log.flush(1_000)
  expect(written.join('')).toMatch(/^[\x20-\x7e]+\n$/)
  expect(JSON.parse(written.join(''))).toMatchObject({ secret })
})

it('that nobody reads is waited for only as long as flush allows', async () => {
  const log = new Log(() => new Promise(() => undefined))
  await log.add({ time: '', id: '', status: 200, ms: 0 })
  await log.flush(20)
})

it('writes the lines of concurrent requests at once, before any of them goes on', async () => {
  const seen: string[] = []
  const log = new Log(async text => void seen.push(`${text.split('\n').length - 1} lines`))
  const request = async (id: string) => {
    await log.add({ time: '', id, status: 200, ms: 0 })
    seen.push(id)
  }
  await Promise.all(['a', 'b', 'c'].map(request))
  expect(seen).toEqual(['3 lines', 'a', 'b', 'c'])
})

it('delays no request while nobody reads it', async () => {
  const log = new Log(() => new Promise(() => undefined))
  for (const id of ['a', 'b']) await log.add({ time: '', id, status: 200, ms: 0 })
})
