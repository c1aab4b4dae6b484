import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ownFile } from '../../../src/system/files/ownProcess.js'

const EVENT = JSON.stringify({ Step: 'setSecret', SecretId: 'x', ClientRequestToken: 'y' })
const run = (parent: number) =>
  spawnSync(process.execPath, [ownFile('builtin'), 'redis', 'single', String(parent)], {
    input: EVENT,
    encoding: 'utf8',
    env: { SECRETS_MANAGER_ENDPOINT: 'http://127.0.0.1:1', AWS_REGION: 'local' }
  })

it('a built-in function ends at once if the process that started it is gone', () => {
  expect(run(process.pid + 1)).toMatchObject({ status: 1, stderr: '', stdout: '' })
})

it('a built-in function says in one line that its endpoint is gone', () => {
  const { status, stderr } = run(process.pid)
  expect(status).toBe(1)
  expect(stderr).toMatch(/^.+\n$/)
})
