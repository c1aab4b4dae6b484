import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsValues } from '../../../src/core/exchange/awsValues.js'
import { formatOf, type ImportFormat } from '../../../src/core/exchange/entry.js'
import { parseFile } from '../../../src/core/exchange/parseFile.js'
import { checkValues, placed } from '../../../src/core/exchange/placement.js'
import type { VaultError } from '../../../src/core/errors.js'

const parse = async (text: string, format: Exclude<ImportFormat, 'aws'>) =>
  Object.fromEntries(
    (await parseFile(new TextEncoder().encode(text), format, 'FILE')).map(({ name, json }) => [name, json])
  )
const refusal = (text: string, format: Exclude<ImportFormat, 'aws'>) =>
  parse(text, format).then(
    () => 'accepted',
    (error: VaultError) => error.message
  )

describe('a file is read by its format', () => {
  it('dotenv, as npm’s dotenv reads it', async () => {
    const text = `\ufeff# c\r\nA=1 # c\nexport B="x\\ny"\nC='it is #\n2 lines'\nD=\nA=2\n  E = $x\n`
    expect(await parse(text, 'dotenv')).toEqual({
      A: '"2"',
      B: String.raw`"x\ny"`,
      C: String.raw`"it is #\n2 lines"`,
      D: '""',
      E: '"$x"'
    })
  })

  it('JSON and TOML and YAML: digits stay, other values are compact JSON', async () => {
    expect(await parse('{"a": 12345678901234567890, "b": [1, {"c": 1.50}], "d": "\\u00e9"}', 'json')).toEqual(
      {
        a: '12345678901234567890',
        b: '[1,{"c":1.50}]',
        d: '"é"'
      }
    )
    expect(await parse('a: 1.10\nb: &x [1, yes]\nc: *x\nd: |\n  two\n  lines\n1: ~\n', 'yaml')).toEqual({
      a: '1.10',
      b: '[1,"yes"]',
      c: '[1,"yes"]',
      d: String.raw`"two\nlines\n"`,
      '1': 'null'
    })
    expect(await parse('a = 12345678901234567890\n[t]\nd = 2020-01-02\n', 'toml')).toEqual({
      a: '12345678901234567890',
      t: '{"d":"2020-01-02"}'
    })
  })

  it.each([
    ['A=1\nSECRET junk\nB=2', 'dotenv', 'cannot import FILE: line 2 is not NAME=value'],
    ['A=1\nB="SECRET\nC=3', 'dotenv', 'cannot import FILE: the quote of B on line 2 is not closed'],
    ['__proto__=SECRET', 'dotenv', 'cannot import FILE: "__proto__" cannot be a name'],
    ['# nothing', 'dotenv', 'cannot import FILE: it has no entries'],
    ['{"a": SECRET}', 'json', 'cannot import FILE: it is not a JSON object'],
    ['["SECRET"]', 'json', 'cannot import FILE: it is not a JSON object'],
    ['{"a": "SECRET", "a": 1}', 'json', 'cannot import FILE: "a" occurs twice'],
    ['a: 1\nb: "SECRET', 'yaml', 'cannot import FILE: it is not YAML: line 2'],
    ['- SECRET', 'yaml', 'cannot import FILE: it is not a YAML map'],
    ['a: 1\n---\na: 2', 'yaml', 'cannot import FILE: it does not have exactly one YAML document'],
    ['a: 1\na: 2', 'yaml', 'cannot import FILE: "a" occurs twice'],
    ['a: .inf', 'yaml', 'cannot import FILE: "a" has a value that JSON lacks'],
    ['a = 1\nb = SECRET', 'toml', 'cannot import FILE: it is not TOML: line 2'],
    ['a = inf', 'toml', 'cannot import FILE: "a" has a value that JSON lacks']
  ] as const)('%j as %s is refused, without a value in the message', async (text, format, message) => {
    expect(await refusal(text, format)).toBe(message)
  })

  it('every JSON object is read as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), fc.jsonValue(), {
          minKeys: 1,
          noNullPrototype: true
        }),
        async object => {
          const found = await parseFile(new TextEncoder().encode(JSON.stringify(object)), 'json', 'FILE')
          expect(placed(found, { to: 'x' })).toEqual([{ name: 'x', value: JSON.stringify(object) }])
        }
      )
    )
  })

  it('YAML as PyYAML writes it', async () => {
    const values = fc.sample(fc.string({ unit: 'grapheme' }), { numRuns: 300, seed: 7 })
    const yaml = execFileSync(
      fileURLToPath(new URL('../../../.cache/aws/bin/python', import.meta.url)),
      [
        '-c',
        'import sys,json,yaml; print(yaml.safe_dump({"k%d" % i: v for i, v in enumerate(json.load(sys.stdin))}))'
      ],
      { input: JSON.stringify(values), encoding: 'utf8' }
    )
    const found = await parse(yaml, 'yaml')
    expect(values.map((_, at) => JSON.parse(found[`k${at}`]!) as string)).toEqual(values)
  })
})

describe('the format follows from the name of the file', () => {
  it.each([
    ['.env', 'dotenv'],
    ['a/.env.local', 'dotenv'],
    ['prod.env', 'dotenv'],
    ['x.JSON', 'json'],
    ['x.yml', 'yaml'],
    ['x.toml', 'toml'],
    ['environment', undefined]
  ])('%s', (file, format) => expect(formatOf(file)).toBe(format))
})

describe('the output of aws secretsmanager', () => {
  const read = (value: unknown) => awsValues(new TextEncoder().encode(JSON.stringify(value)), 'FILE')
  const one = { Name: 'a', SecretString: 'x', ARN: 'arn' }

  it('is one answer, a list, or a batch', () => {
    const expected = [{ name: 'a', value: 'x' }]
    expect(read(one)).toEqual(expected)
    expect(read([one])).toEqual(expected)
    expect(read({ SecretValues: [one], Errors: [] })).toEqual(expected)
    expect(read([{ Name: 'b', SecretBinary: 'AP8=' }])).toEqual([{ name: 'b', value: Uint8Array.of(0, 255) }])
  })

  it.each([
    [[{ SecretString: 'x' }], 'entry 1 has no Name'],
    [[{ Name: 'a' }], '"a" has no SecretString and no SecretBinary'],
    [[one, one], '"a" occurs twice'],
    [{ SecretValues: [one], Errors: [{}] }, 'it has errors of batch-get-secret-value, so secrets are missing']
  ])('%j is refused', (value, reason) => expect(() => read(value)).toThrow(`cannot import FILE: ${reason}`))
})

describe('what the service has no place for is refused by name', () => {
  it.each([
    ['a b', 'x', '(a name has only letters, digits and -/_+=.@!)'],
    ['a'.repeat(513), 'x', '(the name is longer than 512 characters)'],
    ['a', '', '(the value is empty)'],
    ['a', 'é'.repeat(32_769), '(65538 bytes; at most 65536)']
  ])('%.20s', (name, value, problem) => {
    expect(() =>
      checkValues([
        { name: 'ok', value: 'x' },
        { name, value }
      ])
    ).toThrow(`cannot store ${JSON.stringify(name)} ${problem}`)
  })
  it('but not the largest', () => checkValues([{ name: 'a', value: 'é'.repeat(32_768) }]))
})
