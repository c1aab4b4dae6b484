import { describe, expect, it } from 'vitest'
import { frameOf } from '../../../src/cli/browse/frame.js'
import { search, type Item } from '../../../src/cli/browse/items.js'
import { UNICODE } from '../../../src/cli/screen/line.js'
import { openedOf, Person, VALUE } from './states.js'

describe('searching', () => {
  const item = (name: string, ...texts: string[]): Item => ({
    ...{ name, texts, deletion: undefined, refused: undefined, isRead: true },
    lower: [name.toLowerCase(), ...texts.map(text => text.toLowerCase())]
  })
  const items = [item('a', 'the Shop'), item('billing', 'x=shop'), item('shop/db'), item('z')]
  const found = (query: string) => search(items, query).map(({ name }) => name)

  it('finds names first, then descriptions and tags, as find does', () => {
    expect(found('shop')).toEqual(['shop/db', 'a', 'billing'])
    expect(found('SHOP x=')).toEqual(['billing'])
    expect(found('db shop')).toEqual(['shop/db'])
    expect(found(' ')).toEqual(['a', 'billing', 'shop/db', 'z'])
    expect(found('none')).toEqual([])
  })

  it('by each key, and Backspace, Ctrl-W, Ctrl-U and Esc take back', () => {
    const person = new Person().found('dev/db', 'prod/db', 'prod/web')
    expect(person.press('p', 'rod db').chosen).toBe('prod/db')
    expect(person.press('<ctrl-w>').state.query).toBe('prod ')
    expect(person.press('<backspace>', '<backspace>').state.query).toBe('pro')
    expect(person.press('<ctrl-u>').state.matches).toHaveLength(3)
    expect(person.press('x', '<escape>').state.query).toBe('')
    person.on({ kind: 'said', message: 'copied prod/db to the clipboard' })
    expect(person.press('<escape>').state.message).toBeUndefined()
    expect(person.effects.filter(({ kind }) => kind === 'leave')).toEqual([])
    expect(person.press('<escape>').effects.at(-1)).toEqual({ kind: 'leave', code: 'ok' })
    expect(person.press('<ctrl-c>').effects.at(-1)).toEqual({ kind: 'leave', code: 'interrupted' })
  })
})

describe('while the list is read', () => {
  it('the first secret is chosen, unless another was', () => {
    const person = new Person().found('m')
    expect(person.found('b').chosen).toBe('b')
    expect(person.press('<down>').chosen).toBe('m')
    expect(person.found('a', 'c', 'z').chosen).toBe('m')
    const asking = new Person().found('m').press('<enter>').found('a')
    expect(asking.chosen).toBe('m')
    expect(asking.state.opened?.text).toBe(VALUE)
  })

  it('a name alone never replaces what was read, and what is gone goes', () => {
    const person = new Person().found('a', 'b')
    person.on({
      kind: 'found',
      batch: [
        { kind: 'named', name: 'a' },
        { kind: 'gone', name: 'b' }
      ]
    })
    expect(person.state.sorted.map(({ name, isRead }) => [name, isRead])).toEqual([['a', true]])
  })

  it('details of another secret than the chosen one are not shown', () => {
    const person = new Person().found('a', 'b')
    person.press('<down>')
    const [late] = person.effects.splice(0)
    expect(late).toEqual({ kind: 'details', name: 'b' })
    person.press('<up>').read()
    expect(person.state.details?.name).toBe('a')
  })

  it('Enter is not lost that is pressed before the details are read', () => {
    const person = new Person().found('a', 'b').press('b', '<enter>')
    expect(person.effects.map(({ kind }) => kind)).toEqual(['details', 'open'])
    person.on({ kind: 'opened', name: 'b', opened: openedOf(VALUE) })
    expect(
      frameOf(person.state, UNICODE)
        .lines.flat()
        .map(({ text }) => text)
    ).toContain(`    ${VALUE}`)
  })

  it('a value that comes after a move is not shown', () => {
    const person = new Person().found('a', 'b').press('<enter>')
    const [ask] = person.effects.splice(0)
    expect(ask).toEqual({ kind: 'open', name: 'a', versionId: undefined })
    person.press('<down>').read()
    person.on({ kind: 'opened', name: 'a', opened: openedOf(VALUE) })
    expect(person.state.opened).toBeUndefined()
  })
})

describe('nothing is decrypted before it is asked for', () => {
  it('by any key but Enter', () => {
    const person = new Person().found('a', 'b')
    person
      .press('x', '<ctrl-u>', '<down>')
      .read()
      .press('<tab>', '<down>', '<pageDown>', '?', 'x', '<escape>')
    expect(person.effects.filter(({ kind }) => kind === 'open')).toEqual([])
  })
})

describe('going back', () => {
  it('chooses a version first, asks, and does nothing on any answer but y', () => {
    const person = new Person().found('a').press('<ctrl-r>')
    expect(person.state.message).toContain('choose a version')
    for (const answer of ['n', '<enter>', '<escape>']) {
      person.press('<ctrl-r>')
      expect(person.state.question?.text).toMatch(/^Go back to 66666666 of .* by bob, for everyone\?/)
      person.press(answer)
      expect(person.effects).toEqual([])
    }
    expect(person.press('<ctrl-r>', 'y').effects).toEqual([
      { kind: 'rollback', name: 'a', versionId: '66666666-7777-4888-8999-000000000000' }
    ])
    person.press('<up>', '<ctrl-r>')
    expect(person.state).toMatchObject({ message: 'this is the current version', question: undefined })
  })

  it('drops the value that was current', () => {
    const person = new Person()
      .found('a')
      .press('<enter>')
      .read(openedOf('{}', { user: VALUE }))
    person.press('<ctrl-r>', '<ctrl-r>', 'y')
    expect(person.effects.at(-1)?.kind).toBe('rollback')
    expect(person.state.opened).toBeUndefined()
  })

  it('shows the value of an earlier version', () => {
    const person = new Person().found('a').press('<tab>', '<down>', '<down>', '<enter>')
    expect(person.effects).toEqual([
      { kind: 'open', name: 'a', versionId: '66666666-7777-4888-8999-000000000000' }
    ])
  })
})

describe('choosing a secret for another command', () => {
  it('decrypts and changes nothing', () => {
    const person = new Person(80, 24, true).found('a', 'b').press('<tab>', '<ctrl-y>', '<ctrl-e>', '<ctrl-r>')
    expect(person.effects).toEqual([])
    expect(person.press('<escape>', '<down>', '<enter>').effects.at(-1)).toEqual({ kind: 'pick', name: 'b' })
  })
})

describe('copying', () => {
  it('takes the field or the version that has the cursor, or the value', () => {
    const person = new Person().found('a').press('<ctrl-y>')
    expect(person.effects.splice(0)).toEqual([{ kind: 'copy', name: 'a' }])
    person.press('<enter>').read(openedOf('{}', { user: 'app' }))
    person.effects = []
    person.press('<ctrl-y>', '<end>', '<ctrl-y>')
    expect(person.effects).toEqual([
      { kind: 'copy', name: 'a', field: 'user' },
      { kind: 'copy', name: 'a', versionId: '66666666-7777-4888-8999-000000000000' }
    ])
  })
})

describe('the work of a key', () => {
  it('is one look at each of 20,000 secrets to search, and only at those on the screen to draw', () => {
    let looks = 0
    const person = new Person(100, 30)
    person.on({
      kind: 'found',
      batch: Array.from({ length: 20_000 }, (_, at) => ({ kind: 'named', name: `svc${at % 40}/key-${at}` }))
    })
    const counted = person.state.sorted.map(item => ({
      ...item,
      get name() {
        looks++
        return item.name
      },
      get lower() {
        looks++
        return item.lower
      }
    }))
    person.state = { ...person.state, sorted: counted, matches: counted }
    const work = (key: string): [number, number] => {
      looks = 0
      person.press(key)
      const reduced = looks
      frameOf(person.state, UNICODE)
      return [reduced, looks - reduced]
    }
    for (const key of ['<down>', '<pageDown>', '<end>', '<up>', '<home>']) {
      const [reduced, drawn] = work(key)
      expect(reduced, key).toBeLessThan(10)
      expect(drawn, key).toBeLessThan(3 * 30)
    }
    for (const key of ['s', 'v', '7', '<backspace>']) {
      const [reduced, drawn] = work(key)
      expect(reduced, key).toBeLessThan(20_000 + 10)
      expect(drawn, key).toBeLessThan(3 * 30)
    }
  })
})
