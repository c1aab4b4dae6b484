import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyReader } from '../../../src/cli/screen/keys.js'

const ESCAPE = '\u001b'
const names = (...sent: string[]) => {
  const reader = new KeyReader()
  return [...sent.flatMap(part => reader.read(part)), ...reader.flush()].map(({ name, text }) =>
    name === 'text' ? JSON.stringify(text) : name
  )
}

describe('keys', () => {
  it.each([
    ['abc', ['"abc"']],
    ['a\rb', ['"a"', 'enter', '"b"']],
    [`${ESCAPE}[A${ESCAPE}[B${ESCAPE}OC${ESCAPE}OD`, ['up', 'down', 'right', 'left']],
    [`${ESCAPE}[H${ESCAPE}[F${ESCAPE}[1~${ESCAPE}[4~`, ['home', 'end', 'home', 'end']],
    [`${ESCAPE}[5~${ESCAPE}[6~${ESCAPE}[Z`, ['pageUp', 'pageDown', 'backTab']],
    // with Shift or Ctrl
    [`${ESCAPE}[1;5A${ESCAPE}[5;2~`, ['up', 'pageUp']],
    ['\t\u007f\b', ['tab', 'backspace', 'backspace']],
    ['\u0003\u0012\u0019', ['ctrl-c', 'ctrl-r', 'ctrl-y']],
    [ESCAPE, ['escape']],
    [ESCAPE + ESCAPE, ['escape', 'escape']],
    // Alt and a letter is no arrow, and searches for nothing
    [`${ESCAPE}A`, ['other']],
    [`${ESCAPE}[?1;2c`, ['other']],
    ['日😀', ['"日😀"']]
  ])('%j', (sent, expected) => expect(names(sent)).toEqual(expected))

  it('a pasted line end is no Enter', () => {
    expect(names(`${ESCAPE}[200~prod/\r\ndb\u0003${ESCAPE}[201~x`)).toEqual(['"prod/ db"', '"x"'])
  })

  it('a paste that never ends is dropped once it is longer than any value', () => {
    const reader = new KeyReader()
    reader.read(`${ESCAPE}[200~`)
    for (let part = 0; part < 100; part++) reader.read('x'.repeat(10_000))
    expect(reader.read('\u0003')).toContainEqual({ name: 'ctrl-c', text: '' })
  })

  it('are the same in whatever parts they come', () => {
    const part = fc.constantFrom(
      'a',
      '日',
      ESCAPE,
      `${ESCAPE}[A`,
      `${ESCAPE}[200~`,
      `${ESCAPE}[201~`,
      '\r',
      'x',
      '[',
      '1'
    )
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
        const whole = parts.join('')
        const sorted = [...new Set(cuts.map(cut => Math.min(cut, whole.length)))].sort((a, b) => a - b)
        const pieces = [0, ...sorted].map((from, at) => whole.slice(from, sorted[at] ?? whole.length))
        const joined = (list: string[]) => list.join(' ').replaceAll('" "', '')
        expect(joined(names(...pieces))).toBe(joined(names(whole)))
      })
    )
  })
})
