import { describe, expect, it } from 'vitest'
import { valueDifferences } from '../../src/cli/command/valueDifferences.js'
import type { DiffOptions, Difference } from '../../src/vault/diff/diff.js'
import { run, type Setting } from './world.js'

const text = (value: string) => ({ type: 'string', text: value }) as const

const secret: Difference = {
  kind: 'secret',
  name: 'prod/db',
  change: 'changed',
  facts: [
    { topic: 'label', name: 'AWSCURRENT', before: 'v1', after: 'v2' },
    { topic: 'tag', name: 'k\u001b', after: 'two\nlines' },
    { topic: 'recipient', name: 'bob', before: '' }
  ],
  values: [],
  refused: [],
  outdated: []
}

function diff(argv: string[], found: readonly Difference[], seen: DiffOptions[] = [], setting: Setting = {}) {
  return run(['diff', ...argv], {
    ...setting,
    services: {
      async *diff(_vault, options) {
        seen.push(options)
        yield* found
      }
    }
  })
}

describe('diff', () => {
  it('prints one fact on each line, escaped', async () => {
    const seen: DiffOptions[] = []
    const other: Difference = { ...secret, region: 'eu-west-1', change: 'added', facts: [] }
    const access: Difference = { ...secret, kind: 'access', name: 'vault/access.yaml', facts: [] }
    const { stdout, code } = await diff(['v1..v2', 'a', 'b'], [secret, other, access], seen)
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'prod/db  changed',
        '  - label AWSCURRENT: v1',
        '  + label AWSCURRENT: v2',
        '  + tag k\\u001b: two\\u000alines',
        '  - recipient bob',
        'prod/db (eu-west-1)  added',
        'access log  changed',
        ''
      ].join('\n')
    )
    expect(seen).toEqual([{ words: ['v1..v2', 'a', 'b'], showValues: false }])
  })

  it('shows values on request, and escapes them', async () => {
    const values = [
      {
        version: 'v2',
        before: text('{"a":"1","b":"same"}'),
        after: text('{"a":"x\\u001b","b":"same","c":1.50}')
      }
    ]
    const seen: DiffOptions[] = []
    const { stdout } = await diff(['--show-values'], [{ ...secret, facts: [], values }], seen)
    expect(seen).toEqual([{ words: [], showValues: true }])
    expect(stdout).toBe('prod/db  changed\n  - value a: 1\n  + value a: x\\u001b\n  + value c: 1.50\n')
    const several = [
      { version: 'v2', after: text('one\ntwo\n') },
      { version: 'v3', before: text('x'), closed: true as const }
    ]
    expect((await diff([], [{ ...secret, facts: [], values: several }])).stdout).toBe(
      'prod/db  changed\n  + value of v2: one\n  + value of v2: two\n  ! value of v3: you cannot decrypt it\n'
    )
  })

  it('prints JSON that has values only on request', async () => {
    const values = [{ version: 'v2', after: text('\u001b') }]
    const { stdout } = await diff(['--json'], [{ ...secret, values }])
    const { values: none, ...rest } = secret
    expect(none).toEqual([])
    expect(JSON.parse(stdout)).toEqual([rest])
    const shown = (await diff(['--json', '--show-values'], [{ ...secret, values }])).stdout
    expect(shown).not.toContain('\u001b')
    expect(JSON.parse(shown)).toEqual([{ ...rest, values: [{ version: 'v2', after: '\u001b' }] }])
    expect((await diff(['--json'], [])).stdout).toBe('[]\n')
  })

  it('fails at the end if a state failed verification', async () => {
    const { stdout, stderr, code } = await diff(
      [],
      [{ ...secret, facts: [], refused: ['p: bad\u001b'], outdated: ['q: old'] }, secret]
    )
    expect(stdout).toMatch(
      /^prod\/db {2}changed\n {2}! failed verification: p: bad\\u001b\n {2}! accepted only when it was written: q: old\nprod\/db/
    )
    expect(stderr).toBe(
      'git-vault: 1 of the compared states failed verification\ngit-vault: hint: git-vault verify\n'
    )
    expect(code).toBe(255)
  })
})

describe('two values', () => {
  it('differ by key if both are objects, and whole if not', () => {
    const of = (before: string | undefined, after: string | undefined) =>
      valueDifferences({
        version: 'v',
        ...(before === undefined ? {} : { before: text(before) }),
        ...(after === undefined ? {} : { after: text(after) })
      }).map(({ version, ...rest }) => (expect(version).toBe('v'), rest))
    expect(of('{"__proto__":1,"x":{"y":[1, 2]}}', '{"x":{"y":[1,2]},"z":"1"}')).toEqual([
      { key: '__proto__', before: '1' },
      { key: 'z', after: '1' }
    ])
    expect(of('{"n":12345678901234567890}', '{"n":12345678901234567891}')).toEqual([
      { key: 'n', before: '12345678901234567890', after: '12345678901234567891' }
    ])
    expect(of(undefined, '{"a":""}')).toEqual([{ key: 'a', after: '' }])
    expect(of('{"a":1}', undefined)).toEqual([{ key: 'a', before: '1' }])
    expect(of('x', '{"a":1}')).toEqual([{ before: 'x', after: '{"a":1}' }])
    expect(of('[1]', '[2]')).toEqual([{ before: '[1]', after: '[2]' }])
    expect(of('same', 'same')).toEqual([])
    const bytes = { type: 'binary', bytes: new Uint8Array([1, 2]) } as const
    expect(valueDifferences({ version: 'v', after: bytes })).toEqual([
      { version: 'v', after: '(binary) AQI=' }
    ])
  })
})
