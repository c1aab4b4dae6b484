import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArguments, type Options } from '../../../src/cli/arguments/arguments.js'

const options = {
  'secret-id': { kind: 'value' },
  'secret-string': { kind: 'value' },
  stages: { kind: 'values' },
  label: { kind: 'repeat', short: 'l' },
  count: { kind: 'integer', short: 'n' },
  deep: { kind: 'flag' },
  'no-deep': { kind: 'flag', clears: 'deep' },
  skeleton: { kind: 'optional', default: 'input', choices: ['input'] }
} as const satisfies Options
const parse = (...argv: string[]) => parseArguments(argv, options)

describe('arguments', () => {
  it('are parsed as they were written, whatever they contain', () => {
    const written = fc.record(
      {
        'secret-id': fc.string({ unit: 'binary' }),
        label: fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }),
        count: fc.integer().map(String),
        deep: fc.boolean()
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(written, fc.array(fc.string()), (given, words) => {
        const argv = [
          ...(given['secret-id'] === undefined ? [] : [`--secret-id=${given['secret-id']}`]),
          ...(given.label ?? []).map(label => `--label=${label}`),
          ...(given.count === undefined ? [] : ['--count', given.count]),
          ...(given.deep === undefined ? [] : [given.deep ? '--deep' : '--no-deep']),
          '--',
          ...words
        ]
        const parsed = parse(...argv)
        expect(parsed.text('secret-id')).toBe(given['secret-id'])
        expect(parsed.list('label')).toEqual(given.label)
        expect(parsed.text('count')).toBe(given.count)
        expect(parsed.flag('deep')).toBe(given.deep)
        expect(parsed.words).toEqual(words)
        expect(parsed.unknown).toEqual([])
      })
    )
  })

  it('accepts a value as the next word', () => {
    expect(parse('--secret-id', 'x', '-l', 'a', '-lb').list('label')).toEqual(['a', 'b'])
    expect(parse('--secret-id', '').text('secret-id')).toBe('')
    expect(parse('--secret-id', '-').text('secret-id')).toBe('-')
    expect(parse('--count', '-5').integer('count')).toBe(-5)
  })

  it('accepts a key file as a value even though it begins with dashes', () => {
    expect(parse('--secret-string', '-----BEGIN RSA PRIVATE KEY-----').text('secret-string')).toMatch(
      /^-----BEGIN/
    )
  })

  it('gives a list all words until the next option', () => {
    const parsed = parse('--stages', 'a', 'b', '--deep', 'c')
    expect(parsed.list('stages')).toEqual(['a', 'b'])
    expect(parsed.words).toEqual(['c'])
    expect(parse('--stages').list('stages')).toEqual([])
  })

  it('uses the last value of an option', () => {
    expect(parse('--deep', '--no-deep').flag('deep')).toBe(false)
    expect(parse('--secret-id', 'a', '--secret-id', 'b').text('secret-id')).toBe('b')
  })

  it('accepts an unambiguous prefix of a name', () => {
    expect(parse('--secret-i', 'x').text('secret-id')).toBe('x')
    expect(() => parse('--secret', 'x')).toThrow(
      'ambiguous option: --secret could match --secret-id, --secret-string'
    )
  })

  it('has a default for an option without its word', () => {
    expect(parse('--skeleton').text('skeleton')).toBe('input')
    expect(() => parse('--skeleton', 'output')).toThrow(
      'argument --skeleton: Invalid choice, valid choices are:\n\ninput'
    )
  })

  it.each([
    [['--secret-id'], 'argument --secret-id: expected one argument'],
    [['--secret-id', '--deep'], 'argument --secret-id: expected one argument'],
    [['--secret-id', '--', 'x'], 'argument --secret-id: expected one argument'],
    [['--count', 'abc'], "argument --count: invalid int value: 'abc'"],
    [['--deep=1'], "argument --deep: ignored explicit argument '1'"]
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message)
  })

  it('keeps unknown options', () => {
    const parsed = parse('word', '--bar=3', '-x', '--', '--deep')
    expect(parsed.unknown).toEqual(['--bar=3', '-x'])
    expect(parsed.words).toEqual(['word', '--deep'])
  })
})
