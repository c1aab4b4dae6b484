import { beforeAll, expect, it } from 'vitest'
import { bundle } from '../../vault/process.js'
import { scratch } from '../../vault/fixture.js'
import { follow } from './fullScreen.js'
import { inTerminal } from './inTerminal.js'

let program: string
beforeAll(() => {
  program = bundle(new URL('crash.ts', import.meta.url), 'crash.mjs')
})

it.each([
  ['crash', 1, 'what went wrong'],
  ['exit', 3, '']
])('a program that ends by %s gives the terminal back, and what it says is seen', (how, exit, says) => {
  const order = { argv: [process.execPath, program, how], cwd: scratch('crash'), env: {}, steps: [] }
  const { shown, code } = inTerminal(order)
  const seen = follow(shown)
  expect(shown).toContain('correct horse')
  expect(seen).toMatchObject({ isAlternate: false, isCursorShown: true, isWrapping: true })
  expect(seen.alternate.at(-1)?.trim()).toBe('')
  expect(seen.usual).toContain(says)
  expect(seen.usual).not.toContain('correct horse')
  expect(code).toBe(exit)
})
