import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/format/canonical.js'
import {
  CAPS,
  formatDocument,
  parseDocument,
  type Documents,
  type Kind
} from '../../../src/core/format/documents.js'
import { OTHER_FORM } from '../../../src/core/format/limits.js'
import { meter, TURN } from '../../../src/core/turns.js'
import { fill, shapes } from './worstFiles.js'

const kinds = Object.keys(CAPS) as Kind[]

/** Six units a token, and three passes over the lines of the largest plain file. About half a second. */
const MOST_UNITS = 6 * OTHER_FORM.tokens + 3 * CAPS.access.lines!

/** Returns the units that refusing a text costs. */
async function costOf(kind: Kind, text: string): Promise<number> {
  const before = meter.units
  await expect(parseDocument(kind, utf8(text), 'x')).rejects.toMatchObject({ code: 'DocumentRefused' })
  return meter.units - before
}

describe('a file within the bytes of its kind is refused at a bounded cost', () => {
  describe.each(kinds)('%s', kind => {
    it.each(shapes)('full of %s', async (_, head, unit, tail) => {
      meter.longestTurn = 0
      expect(await costOf(kind, fill(CAPS[kind].bytes, head, unit, tail))).toBeLessThan(MOST_UNITS)
      expect(meter.longestTurn).toBeLessThan(2 * TURN)
    })
  })

  it('full of anything', async () => {
    const fragment = fc.constantFrom(
      ...['a', 'b: ', ': ', ':\n', '- ', '-\n', '\n', ' ', '  ', '\t', ',', '[', ']', '{', '}', '[]', '{}'],
      ...[
        '"',
        "'",
        '"a"',
        "'a'",
        '#',
        ' # x\n',
        '|\n',
        '>\n',
        '&a ',
        '*a',
        '!a ',
        '? ',
        '\\',
        '\r\n',
        '---\n'
      ]
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(fragment, { minLength: 1, maxLength: 8 }),
        fc.array(fragment, { minLength: 1, maxLength: 8 }),
        async (kind, head, unit) => {
          const text = fill(CAPS[kind].bytes, head.join(''), () => unit.join(''), '\n')
          expect(await costOf(kind, text)).toBeLessThan(MOST_UNITS)
        }
      ),
      { numRuns: 100 }
    )
  }, 120_000)
})

describe('the limits within a file', () => {
  const accepts = (kind: Kind, text: string) =>
    parseDocument(kind, utf8(text), 'x').then(
      () => 'accepted',
      (error: Error) => error.message
    )

  it('allow as many lines as the kind has, and no more', async () => {
    const padded = (lines: number) => `${'#\n'.repeat(lines - 1)}vault: a\n`
    expect(await accepts('vaultrc', padded(256))).toBe('accepted')
    expect(await accepts('vaultrc', padded(257))).toBe('x: over the limit of 256 lines')
  })

  it('allow ten thousand tokens in another form than git-vault’s, which is lexed no further', async () => {
    // `a`, `:`, ` `, `[`, two for each item, `]` and the end of the line
    const list = (items: number) => `a: [${'b,'.repeat(items)}]\n`
    expect(await accepts('key', list(4_997))).toMatch(/not a key document/)
    const before = meter.units
    expect(await accepts('key', list(4_998))).toBe(
      'x: more than 10000 YAML tokens, in a form that git-vault does not write'
    )
    expect(meter.units - before).toBeLessThan(4 * 15_020)
    expect(await accepts('key', `a:\n${'  - b\n'.repeat(16_000)}`)).toMatch(/not a key document/)
  })

  it('allow 1,048,576 characters in another form', async () => {
    const quoted = (length: number) => `a: '${'b'.repeat(length - 6)}'\n`
    expect(await accepts('access', quoted(1_048_576))).toMatch(/not an access document/)
    expect(await accepts('access', quoted(1_048_577))).toMatch(/more than 1048576 characters/)
  })

  it('are those of a writer, too', () => {
    const time = '2025-11-23T18:50:01.003Z'
    const stages = (labels: number) =>
      ({
        kind: 'git-vault/stages',
        format: '1',
        secret: 'arn:aws:secretsmanager:local:000000000000:secret:a-AAAAAA',
        labels: Object.fromEntries(
          Array.from({ length: labels }, (_, at) => [`l${at}`, { version: 'v'.repeat(32), moved: time }])
        ),
        versions: {},
        signed: {
          serial: '1',
          by: 'A'.repeat(22),
          access: { entry: '1', hash: 'A'.repeat(43) },
          change: { operation: 'PutSecretValue', time }
        },
        signature: 'A'.repeat(86)
      }) as Documents['stages']
    const writeStages = (labels: number) => () => formatDocument('stages', stages(labels), 'x')
    expect(writeStages(256)().length).toBeGreaterThan(0)
    expect(writeStages(257)).toThrow('labels: must NOT have more than 256 properties')

    const names = Array.from({ length: 1_000 }, (_, at) => `n${at}`)
    const entry = (changes: number) => ({
      entry: '1',
      previous: 'none',
      time,
      by: 'A'.repeat(22),
      changes: Array.from({ length: changes }, () => ({ change: 'names', key: 'default', names })),
      signature: 'A'.repeat(86)
    })
    const writeLog = (changes: number) => () =>
      formatDocument(
        'access',
        {
          kind: 'git-vault/access',
          format: '1',
          entries: [entry(changes)]
        } as unknown as Documents['access'],
        'x'
      )
    // 1,003 lines a change
    expect(writeLog(130)().length).toBeGreaterThan(0)
    expect(writeLog(131)).toThrow('x: over the limit of 131072 lines')
  })

  it('name the command that restores a file', async () => {
    await expect(
      parseDocument('key', utf8(`a: [${'b,'.repeat(9999)}]\n`), 'vault/x.yaml')
    ).rejects.toMatchObject({
      hint: 'restore the file as git-vault wrote it: git checkout -- vault/x.yaml'
    })
  })
})
