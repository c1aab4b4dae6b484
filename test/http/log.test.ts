import { expect, it } from 'vitest'
import { Log } from '../../src/http/log.js'

it('is JSON of plain ASCII, whatever was asked for', async () => {
  const written: string[] = []
  const log = new Log(async text => void written.push(text))
  const secret = 'a\u001b[31m\u009b31m\u202eé😀"'
  log.add({ time: '', id: '', secret, status: 400, ms: 0 })
  await log.flush(1_000)
  expect(written.join('')).toMatch(/^[\x20-\x7e]+\n$/)
  expect(JSON.parse(written.join(''))).toMatchObject({ secret })
})

it('that nobody reads is waited for no longer than said', async () => {
  const log = new Log(() => new Promise(() => undefined))
  log.add({ time: '', id: '', status: 200, ms: 0 })
  await log.flush(20)
})
