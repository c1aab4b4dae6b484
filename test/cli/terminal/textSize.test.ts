import { expect, it } from 'vitest'
import { textSize, whiteSpaceAtEnd } from '../../../src/cli/terminal/textSize.js'

it.each([
  ['', '0 characters'],
  ['a', '1 character'],
  ['é😀', '2 characters'],
  ['a\n', '2 characters'],
  ['a\nb', '3 characters in 2 lines'],
  [`${'x'.repeat(60)}\n`.repeat(28), '1,708 characters in 28 lines'],
  ['x'.repeat(1_234_567), '1,234,567 characters']
])('%j', (text, size) => {
  expect(textSize(text)).toBe(size)
})

it.each([
  ['a', undefined],
  ['a ', 'a space'],
  ['a\t', 'a tab'],
  ['a\u00a0', 'a space'],
  [' a\n', 'a newline']
])('the end of %j', (text, end) => {
  expect(whiteSpaceAtEnd(text)).toBe(end)
})
