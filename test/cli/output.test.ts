import { describe, expect, it } from 'vitest'
import { toPlain, timestamp, type Plain } from '../../src/cli/aws/json/plain.js'
import { formatText } from '../../src/cli/aws/text.js'
import { visible, visibleLines } from '../../src/cli/terminal/escape.js'
import { operations } from '../../src/core/generated/operations.js'

describe('--output text', () => {
  // Each expectation is what the AWS CLI prints for the same data.
  it.each<[string, Plain, string]>([
    ['a word', 'hunter2', 'hunter2\n'],
    ['nothing', null, 'None\n'],
    ['a truth', true, 'True\n'],
    ['words', ['b', 'a'], 'b\ta\n'],
    ['no words', [], ''],
    ['an empty structure', {}, ''],
    ['scalars by name', { Name: 'x', ARN: 'y', N: 1, B: false, Z: null }, 'y\tFalse\t1\tx\tNone\n'],
    [
      'a list in a structure',
      { Name: 'x', VersionStages: ['A', 'B'] },
      'x\nVERSIONSTAGES\tA\nVERSIONSTAGES\tB\n'
    ],
    ['a structure in a structure', { a: { c: '1', b: '2' } }, 'A\t2\t1\n'],
    [
      'rows of different fields, with the same columns',
      { Versions: [{ Id: '1', Date: 'd', Stages: ['X'] }, { Id: '2' }] },
      'VERSIONS\td\t1\nSTAGES\tX\nVERSIONS\t\t2\n'
    ],
    [
      'lists of lists',
      [
        ['a', 'b'],
        ['c', null]
      ],
      'a\tb\nc\tNone\n'
    ],
    ['a mixed list', ['x', ['a']], 'x\na\n'],
    ['a map', { VersionIdsToStages: { v2: ['A'], v1: ['B'] } }, 'V1\tB\nV2\tA\n']
  ])('prints %s', (_, data, expected) => {
    expect(formatText(data)).toBe(expected)
  })
})

describe('a response', () => {
  it('has its members in the model’s order, without absent ones', () => {
    const { output } = operations.GetSecretValue
    const response = {
      CreatedDate: new Date('2026-11-23T18:50:01.003Z'),
      VersionStages: ['AWSCURRENT'],
      SecretString: undefined,
      SecretBinary: new Uint8Array([0, 255]),
      ARN: 'arn'
    }
    expect(Object.keys(toPlain(response, output) as object)).toEqual([
      'ARN',
      'SecretBinary',
      'VersionStages',
      'CreatedDate'
    ])
    expect(toPlain(response, output)).toMatchObject({ SecretBinary: 'AP8=' })
  })

  it.each([
    ['UTC', '2026-11-23T18:50:01.003Z', '2026-11-23T18:50:01.003000+00:00'],
    ['UTC', '2026-11-23T18:50:01.000Z', '2026-11-23T18:50:01+00:00'],
    ['Asia/Kolkata', '2026-11-23T18:50:01.120Z', '2026-11-24T00:20:01.120000+05:30'],
    ['America/New_York', '2026-07-01T02:00:00Z', '2026-06-30T22:00:00-04:00'],
    ['America/New_York', '2026-12-01T02:00:00Z', '2026-11-30T21:00:00-05:00']
  ])('has dates of %s', (zone, given, expected) => {
    const before = process.env['TZ']
    process.env['TZ'] = zone
    try {
      expect(timestamp(new Date(given))).toBe(expected)
    } finally {
      if (before === undefined) delete process.env['TZ']
      else process.env['TZ'] = before
    }
  })
})

describe('escaping', () => {
  it('removes every way to control a terminal', () => {
    const nasty = 'a\u001b]0;x\u0007\u009b\u007f\r\b\u202eb\u2066\u200f\u061c'
    expect(visible(nasty)).toBe(
      'a\\u001b]0;x\\u0007\\u009b\\u007f\\u000d\\u0008\\u202eb\\u2066\\u200f\\u061c'
    )
    expect(visible('a\nb\tc')).toBe('a\\u000ab\\u0009c')
    expect(visibleLines('a\nb\tc\rd')).toBe('a\nb\tc\\u000dd')
  })

  it('does not change ordinary text', () => {
    expect(visible('Größe → 値 🔑')).toBe('Größe → 値 🔑')
  })
})
