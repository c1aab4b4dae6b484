import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HiddenText, type HiddenKind } from '../../../src/cli/terminal/hiddenText.js'

const [START, END] = ['\u001b[200~', '\u001b[201~']
const PEM = ['-----BEGIN KEY-----', 'AAAA', 'BBBB', '-----END KEY-----'].join('\r')

function typed(kind: HiddenKind, ...parts: string[]): { text: string; progress: string; rest: string } {
  const text = new HiddenText(kind)
  let progress = ''
  for (const part of parts) progress = text.feed(part)
  return { text: text.text, progress, rest: text.rest }
}

describe('a value', () => {
  it.each<[string, string[], string]>([
    ['typed', ['abc', '\r'], 'abc'],
    ['of several lines, marked as a paste', [`${START}${PEM}${END}`, '\r'], PEM.replaceAll('\r', '\n')],
    ['with the last line’s end', [`${START}${PEM}\r${END}`, '\r'], `${PEM.replaceAll('\r', '\n')}\n`],
    ['with the line ends of Windows', [`${START}a\r\nb\n${END}`, '\r'], 'a\nb\n'],
    ['of several lines without marks', [PEM, '\r'], PEM.replaceAll('\r', '\n')],
    ['of several lines that come in parts', ['a\r', 'b\r', '\r', 'c\r'], 'a\nb\n\nc'],
    ['pasted in the middle', ['a', `${START}b\rc${END}`, 'd\r'], 'ab\ncd'],
    ['with Ctrl-C and Ctrl-D inside a paste', [`${START}a\u0003\u0004b${END}\r`], 'a\u0003\u0004b'],
    ['after Backspace and Ctrl-U', ['xx\u0015é😀\u007f\u007f\u007fab\bc\r'], 'ac'],
    [
      'with a tab, and without arrows and other keys',
      ['a\tb\u001b[D\u001bOA\u001b[3~\u001bx\u0001c\r'],
      'a\tbc'
    ]
  ])('%s', (_name, parts, text) => {
    expect(typed('value', ...parts)).toEqual({ text, progress: 'entered', rest: '' })
  })

  it('is the same however the terminal splits it', () => {
    const keys = `q${START}a\r\u001b[31mb\n${END}z\u001b[C\r`
    fc.assert(
      fc.property(fc.array(fc.nat(keys.length), { maxLength: 6 }), cuts => {
        const at = [0, ...cuts.sort((a, b) => a - b), keys.length]
        const parts = at.slice(1).map((end, index) => keys.slice(at[index], end))
        expect(typed('value', ...parts.filter(part => part !== ''))).toMatchObject({
          text: 'qa\n\u001b[31mb\nz',
          progress: 'entered'
        })
      })
    )
  })

  it('Ctrl-C interrupts, as does Ctrl-D if nothing was typed', () => {
    expect(typed('value', 'abc\u0003').progress).toBe('interrupted')
    expect(typed('value', '\u0004').progress).toBe('interrupted')
    expect(typed('value', 'abc\u0004').progress).toBe('more')
  })
})

it.each<HiddenKind>(['line', 'value', 'lines'])('Ctrl-Z forgets what was typed for a %s', kind => {
  const text = new HiddenText(kind)
  expect(text.feed('abc\u001arest')).toBe('suspended')
  expect({ text: text.text, rest: text.rest }).toEqual({ text: '', rest: '' })
  expect(typed('value', `${START}a\u001ab${END}\r`).text).toBe('a\u001ab')
})

it('lines end with Ctrl-D, and Enter is a newline', () => {
  expect(typed('lines', 'a\r', 'b\r', '\u0004')).toEqual({ text: 'a\nb\n', progress: 'ended', rest: '' })
  expect(typed('lines', 'a\rb\u0004')).toMatchObject({ text: 'a\nb', progress: 'ended' })
})

it('a line ends with Enter, and the keys after it are left for the next prompt', () => {
  expect(typed('line', 'a\rb\r')).toEqual({ text: 'a', progress: 'entered', rest: 'b\r' })
  expect(typed('line', `${START}a${END}\r`)).toEqual({ text: 'a', progress: 'entered', rest: '' })
})

it('says once that something was pasted, when the paste is complete', () => {
  const text = new HiddenText('value')
  text.feed(`${START}abc`)
  expect(text.takePasted()).toBe(false)
  text.feed(END)
  expect([text.takePasted(), text.takePasted()]).toEqual([true, false])
})
