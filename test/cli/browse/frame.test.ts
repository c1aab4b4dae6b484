import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../../src/cli/browse/frame.js'
import { ASCII, UNICODE, widthOf } from '../../../src/cli/screen/line.js'
import { detailsOf, input, openedOf, Person, VALUE } from './states.js'

const lines = (person: Person, marks = UNICODE): string[] =>
  frameOf(person.state, marks).lines.map(line => line.map(({ text }) => text).join(''))
const shown = (person: Person): string => lines(person).join('\n')

describe('whatever happens', () => {
  it('a frame has as many lines as the screen, none is wider, and no character moves the cursor', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 25 }), fc.constantFrom(ASCII, UNICODE), (events, marks) => {
        const person = new Person()
        for (const event of events) {
          person.on(event)
          const { columns, rows } = person.state.size
          const frame = frameOf(person.state, marks)
          expect(frame.lines.length).toBe(rows)
          for (const line of frame.lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
          if (frame.cursor) {
            expect(frame.cursor.row).toBeLessThan(rows)
            expect(frame.cursor.column).toBeLessThan(columns)
          }
          expect(lines(person, marks).join('')).not.toMatch(
            /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u
          )
        }
      }),
      { numRuns: 100 }
    )
  })

  it('a value is drawn only if it was asked for, and never after a move, a stop or the time', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 25 }), events => {
        const person = new Person()
        for (const event of events) {
          const before = person.state
          person.on(event)
          const isMove =
            event.kind === 'key' && ['up', 'down', 'escape', 'ctrl-l', 'ctrl-e'].includes(event.key.name)
          const isEnd = event.kind === 'suspend' || (event.kind === 'timeout' && event.lease === before.lease)
          if ((isMove && !before.isHelp && !before.question) || isEnd)
            expect(shown(person)).not.toContain(VALUE)
          if (person.state.opened === undefined) expect(shown(person)).not.toContain(VALUE)
        }
      }),
      { numRuns: 100 }
    )
  })
})

describe('what a person sees', () => {
  const browsing = () => new Person().found('dev/a', 'prod/b').read()

  it('list and secret side by side, and the cursor by a character', () => {
    expect(lines(browsing()).slice(0, 4)).toEqual([
      `search: ${' '.repeat(61)}2, reading`,
      '> dev/a                         │ dev/a',
      '  prod/b                        │ A database',
      '                                │   tag      team=shop'
    ])
  })

  it('a value by Enter, hidden by Enter, by a move and by the end of its time', () => {
    const person = browsing()
    expect(shown(person)).toContain('hidden: Enter shows it')
    expect(shown(person)).not.toContain(VALUE)
    const show = () => expect(shown(person.press('<enter>').read())).toContain(VALUE)
    const isHidden = () => expect(shown(person)).not.toContain(VALUE)
    show()
    person.press('<enter>')
    isHidden()
    show()
    person.press('<down>')
    isHidden()
    person.read()
    show()
    const lease = person.state.lease
    person.on({ kind: 'timeout', lease: lease - 1 })
    expect(shown(person)).toContain(VALUE)
    person.on({ kind: 'timeout', lease })
    isHidden()
    expect(person.state.opened).toBeUndefined()
  })

  it('the fields of an object one by one', () => {
    const person = browsing()
      .press('<enter>')
      .read(openedOf('{"user":"app"}', { user: 'app', password: VALUE }))
    expect(shown(person)).toMatch(/value {4}JSON with 2 fields\n.*> {3}user {2}hidden\n.*password {2}hidden/)
    person.press('<enter>')
    expect(shown(person)).toMatch(/user\s+.*app/)
    person.press('<down>')
    expect(shown(person)).not.toMatch(/^.*│ +app$/m)
    expect(shown(person)).not.toContain(VALUE)
    person.press('<enter>')
    expect(shown(person)).toContain(VALUE)
    expect(shown(person.press('<up>', '<up>', '<enter>'))).toContain('{"user":"app"}')
    expect(shown(person.press('<escape>'))).not.toContain('user')
  })

  it('a version that has no value yet, as such', () => {
    const versions = detailsOf('tls').versions.map((one, at) =>
      at === 0 ? { ...one, labels: ['AWSPENDING'], hasNoValue: true as const } : one
    )
    const found = {
      kind: 'secret',
      name: 'tls',
      description: undefined,
      tags: [],
      deletion: undefined
    } as const
    const person = new Person(140, 24).on({ kind: 'found', batch: [found] }).read(undefined, { versions })
    expect(shown(person)).toMatch(/11111111 {2}AWSPENDING \(no value yet\)\s*\n/)
    expect(shown(person)).toMatch(/66666666 {2}AWSPREVIOUS\s*\n/)
  })

  it('a long value by pages, on the smallest screen', () => {
    const value = Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n')
    const person = new Person(40, 10).found('tls').read().press('<tab>', '<enter>').read(openedOf(value))
    expect(shown(person)).toMatch(/line 0\n[^]*more lines/)
    for (let page = 0; page < 20; page++) person.press('<pageDown>')
    expect(shown(person)).toContain('AWSPREVIOUS')
    for (let page = 0; page < 6; page++) person.press('<pageUp>')
    expect(shown(person)).toContain('line 0')
  })

  it('a value that the list asked for, though the screen is small', () => {
    const person = new Person(40, 10).found('tls').read().press('<enter>').read(openedOf('first\nsecond'))
    expect(shown(person)).toMatch(/ {2}value\s+\n {4}first\n {4}second/)
  })

  it('a secret that fails verification, and why', () => {
    const batch = [
      { kind: 'refused', name: 'dev/x', why: 'a bad signature', mend: 'git-vault resolve dev/x' } as const
    ]
    const person = new Person().on({ kind: 'found', batch })
    expect(lines(person)[1]).toContain('> dev/x  failed verification')
    expect(shown(person)).toMatch(/a bad signature\n.*git-vault resolve dev\/x/)
    person.press('<enter>', '<ctrl-e>', '<ctrl-y>')
    expect(person.effects).toEqual([])
  })

  it('control characters and invisible ones escaped, in names and in values', () => {
    const person = new Person(120, 24).found('a\u001b[31m\u202eb').read().press('<enter>')
    person.read(openedOf('x\u001b]0;title\u0007\u200by'))
    expect(shown(person)).toContain('a\\u001b[31m\\u202eb')
    expect(shown(person)).toContain('x\\u001b]0;title\\u0007\\u200by')
  })

  it('every key on one page, also on the smallest screen', () => {
    const person = new Person(40, 10).found('a').press('?')
    const all = [...lines(person), ...lines(person.press('<down>', '<down>', '<down>', '<down>'))].join('\n')
    for (const key of ['Enter', 'Tab', 'Ctrl-Y', 'Ctrl-E', 'Ctrl-R', 'Ctrl-L', 'Esc', 'Ctrl-C'])
      expect(all).toContain(key)
    expect(all).not.toContain('…')
    expect(person.press('x').state.isHelp).toBe(false)
  })
})
