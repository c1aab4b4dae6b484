import { expect, it } from 'vitest'
import { commandWords } from '../../../src/core/run/words.js'

it.each([
  ['a', ['a']],
  ['  a  b\tc ', ['a', 'b', 'c']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  [`a b'c d'e`, ['a', 'bc de']],
  [`a '' ""`, ['a', '', '']],
  [`a b\\ c "d\\"e" 'f\\g'`, ['a', 'b c', 'd"e', 'f\\g']],
  ['a $HOME * ; b | c', ['a', '$HOME', '*', ';', 'b', '|', 'c']],
  ['', undefined],
  ['   ', undefined],
  [`''`, undefined],
  [`a 'b`, undefined],
  [`a "b`, undefined]
])('the words of %j', (line, words) => {
  expect(commandWords(line)).toEqual(words)
})
