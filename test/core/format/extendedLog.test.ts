import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { foldLog, foldLogInTurns, hashEntry, type LogChange } from '../../../src/core/access/accessLog.js'
import { utf8 } from '../../../src/core/format/canonical.js'
import { asValue, CAPS, parseDocument } from '../../../src/core/format/documents.js'
import { formatYaml } from '../../../src/core/format/plainYaml.js'
import { parseYaml } from '../../../src/core/format/yaml.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { meter } from '../../../src/core/turns.js'
import { histories, log, person, start, type Changes } from '../access/logKit.js'

beforeAll(() => sodiumReady)

const bob: LogChange = { change: 'member', name: 'bob', public: person(2).public.text, role: 'member' }
const turn = (at: number): LogChange => ({
  change: at % 2 ? 'revoke' : 'grant',
  member: 'bob',
  key: 'default',
  rights: ['encrypt']
})
const turns = (count: number) => Array.from({ length: count }, (_, at) => [turn(at)] as Changes)
const textOf = (document: object) => formatYaml(asValue(document), 'x')
/** The first entries of a log, as a file. */
const firstOf = (document: { entries: readonly object[] }, count: number) =>
  textOf({ ...document, entries: document.entries.slice(0, count) })

/** Folds as many other logs as are kept to go on from. */
function forgetFolds(): void {
  for (let at = 0; at < 4; at++) foldLog(log(start(), [bob], ...turns(at)), 'x')
}

let number = 0
const unused = () => `log${++number}`
const outcome = (promise: Promise<unknown>) =>
  promise.catch((error: Error & { code?: string }) => [error.code, error.message])

describe('an access log that extends the one that was parsed before at its path', () => {
  it('is parsed, validated, hashed and folded from there', async () => {
    const whole = log(start(), [bob], ...turns(400))
    const path = unused()
    const costs: number[] = []
    for (const count of [200, 201, 401, 402]) {
      const before = meter.units
      const document = await parseDocument('access', utf8(firstOf(whole, count)), path)
      const access = await foldLogInTurns(document, path)
      costs.push(meter.units - before)
      expect(access.entries).toEqual(whole.entries.slice(0, count).map(hashEntry))
    }
    const [first, one, many, last] = costs as [number, number, number, number]
    expect(one).toBeLessThan(first / 50)
    expect(last).toBeLessThan(first / 50)
    expect(many).toBeLessThan(1.3 * first)
  })

  it('means the same, and leaves the meaning of the earlier log as it was', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async ({ document }, pick) => {
        forgetFolds()
        const access = foldLog({ ...document }, 'x')
        forgetFolds()
        const path = unused()
        const { length } = document.entries
        const count = 1 + (pick % length)
        const early = await parseDocument('access', utf8(firstOf(document, count)), path)
        const before = await outcome(foldLogInTurns(early, path))
        const copy = structuredClone(before)
        const late = await parseDocument('access', utf8(textOf(document)), path)
        expect(late).toEqual(await parseYaml(utf8(textOf(document)), path, CAPS.access))
        expect(await foldLogInTurns(late, path)).toEqual(access)
        expect(before).toEqual(copy)
      }),
      { numRuns: 100 }
    )
  })

  it('needs its own signatures: those that a caller trusted are not good for others', async () => {
    const good = log(start(), [bob], ...turns(3))
    const forged = {
      ...good,
      entries: good.entries.map((entry, at) => (at === 2 ? { ...entry, signature: 'A'.repeat(86) } : entry))
    }
    // trusted up to the forged entry
    const three = { ...forged, entries: forged.entries.slice(0, 3) } as unknown as typeof good
    foldLog(three, 'x', 3)
    expect(() => foldLog({ ...three }, 'x')).toThrow('x: access log entry 3: the signature does not verify')
    expect(() => foldLog({ ...three }, 'x', 2)).toThrow(
      'x: access log entry 3: the signature does not verify'
    )
    expect(foldLog({ ...three }, 'x', 3).entries).toHaveLength(3)
  })

  it('is folded from its own entries only, even if the last of another log is among them', () => {
    const good = log(start(), [bob], ...turns(3))
    foldLog(good, 'x')
    const [first, , ...others] = good.entries
    const other = { ...first, time: '2020-01-01T00:00:00.000Z' }
    const mixed = { ...good, entries: [other, good.entries[1], ...others] } as unknown as typeof good
    expect(() => foldLog(mixed, 'x')).toThrow('x: access log entry')
  })
})

describe('a file that only looks like an extension is parsed as a whole', () => {
  const document = log(start(), [bob], ...turns(6))
  const head = () => firstOf(document, 4)
  const rest = () => textOf(document).slice(head().length)
  const crlf = (text: string) => text.replaceAll('\n', '\r\n')

  it.each<[string, () => [before: string, after: string]]>([
    ['an extension', () => [head(), head() + rest()]],
    ['lines that end with CRLF', () => [crlf(head()), crlf(head() + rest())]],
    ['lines that end with either', () => [head(), head() + crlf(rest())]],
    ['a key after the entries', () => [head(), `${head()}other: a\n`]],
    ['entries and a key after them', () => [head(), `${head()}${rest()}other: a\n`]],
    ['the key of another list', () => [head(), `${head()}${rest()}entries:\n${rest()}`]],
    ['a line that goes on with the last entry', () => [head(), `${head()}    other: a\n`]],
    ['a comment', () => [head(), `${head()}# a\n${rest()}`]],
    ['an empty line', () => [head(), `${head()}\n${rest()}`]],
    ['another indent', () => [head(), head() + rest().replaceAll(/^ {2}/gm, '    ')]],
    ['no line feed at its end', () => [head(), (head() + rest()).slice(0, -1)]],
    ['an invalid entry', () => [head(), head() + rest().replace('entry: "6"', 'entry: "06"')]],
    ['an item that is no map', () => [head(), `${head()}  - a\n`]],
    ['an anchor', () => [head(), `${head()}  - &a b\n`]],
    ['bytes that are not allowed', () => [head(), `${head()}  - "\u0001"\n`]],
    ['an earlier file in another form', () => [`${head()}# a\n`, `${head()}# a\n${rest()}`]],
    [
      'an earlier file in flow form',
      () => [`${JSON.stringify(document)}\n`, `${JSON.stringify(document)}\n${rest()}`]
    ],
    ['other bytes before', () => [head(), `# b\n${head()}${rest()}`]]
  ])('%s', async (_, make) => {
    const [before, after] = make()
    const [path, fresh] = [unused(), unused()]
    await outcome(parseDocument('access', utf8(before), path))
    const extended = await outcome(parseDocument('access', utf8(after), path))
    const whole = await outcome(parseDocument('access', utf8(after), fresh))
    expect(JSON.parse(JSON.stringify(extended).replaceAll(path, 'x'))).toEqual(
      JSON.parse(JSON.stringify(whole).replaceAll(fresh, 'x'))
    )
  })

  it('one with too many entries, lines or bytes is refused as ever', async () => {
    const path = unused()
    await parseDocument('access', utf8(head()), path)
    const lines = `${head()}${'  - a\n'.repeat(CAPS.access.lines!)}`
    expect(await outcome(parseDocument('access', utf8(lines), path))).toEqual([
      'DocumentRefused',
      `${path}: over the limit of 131072 lines`
    ])
    const many = rest().repeat(2_000)
    expect(await outcome(parseDocument('access', utf8(head() + many), path))).toEqual([
      'DocumentRefused',
      expect.stringMatching(/must NOT have more than 5000 items|over the limit/)
    ])
  })
})
