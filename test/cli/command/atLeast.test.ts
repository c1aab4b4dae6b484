import { expect, it } from 'vitest'
import { run } from '../world.js'

const id = '0123456789abcdef'.repeat(4).slice(0, 40)

it.each([
  ['get', 'a', '--at-least', ''],
  ['get', 'a', '--at-least='],
  ['verify', '--at-least', 'abc'],
  ['get-secret-value', '--secret-id', 'a', '--at-least', ''],
  ['list-secrets', '--at-least', id.slice(1)]
])('%s: an --at-least that is no full id is an error that names it', async (...argv) => {
  const { code, stdout, stderr } = await run(argv)
  expect({ code, stdout }).toEqual({ code: 252, stdout: '' })
  expect(stderr).toContain('git-vault: --at-least needs the full id of a commit, not "')
})
