import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesFor, passwordFrom, passwordRule } from '../../../src/core/service/password.js'
import type { GetRandomPasswordRequest } from '../../../src/core/generated/requests.js'

/** xorshift32: the same bytes in every run. */
function source(seed: number): (length: number) => Uint8Array {
  let state = seed
  return length =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state >>> 24
    })
}

function draw(request: GetRandomPasswordRequest, bytes: (length: number) => Uint8Array): string {
  const rule = passwordRule(request)
  for (;;) {
    const password = passwordFrom(rule, bytes(bytesFor(rule)))
    if (password !== undefined) return password
  }
}

function chiSquare(counts: Iterable<number>, expected: number): number {
  return [...counts].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('every password is equally likely', () => {
  it('each character, at each place', () => {
    const bytes = source(2_463_534_242)
    const length = 40
    const counts = new Map<string, number>()
    for (let round = 0; round < 5000; round++) {
      for (const character of draw({ PasswordLength: length, RequireEachIncludedType: false }, bytes))
        counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(94)
    // 93 degrees of freedom: 0.01 % of fair draws are above 150; bytes modulo 94 give about 2,500
    expect(chiSquare(counts.values(), (5000 * length) / 94)).toBeLessThan(150)
  })

  it('also if each type is required: every whole password equally often', () => {
    // three characters, one each of ab, A and 1: 12 passwords
    const all = [...'abcdefghijklmnopqrstuvwxyz']
    const request = {
      PasswordLength: 3,
      ExcludePunctuation: true,
      ExcludeCharacters: `${all.slice(2).join('')}${all.slice(1).join('').toUpperCase()}023456789`
    }
    const bytes = source(88_675_123)
    const counts = new Map<string, number>()
    for (let round = 0; round < 24_000; round++) {
      const password = draw(request, bytes)
      counts.set(password, (counts.get(password) ?? 0) + 1)
    }
    expect(counts.size).toBe(12)
    // 11 degrees of freedom: 0.01 % are above 38
    expect(chiSquare(counts.values(), 2000)).toBeLessThan(38)
  })

  it('also if a type may occur more than once: no position and no password is favoured', () => {
    // three characters of a, b and 1, with at least one letter and one number: 18 passwords
    const request = {
      PasswordLength: 3,
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      ExcludeCharacters: 'cdefghijklmnopqrstuvwxyz023456789'
    }
    const bytes = source(521_288_629)
    const counts = new Map<string, number>()
    for (let round = 0; round < 36_000; round++) {
      const password = draw(request, bytes)
      counts.set(password, (counts.get(password) ?? 0) + 1)
    }
    // 27, without the 8 of letters only, and without 111
    expect(counts.size).toBe(18)
    // 17 degrees of freedom: 0.01 % are above 48
    expect(chiSquare(counts.values(), 2000)).toBeLessThan(48)
  })
})

it('meets the request', () => {
  const flag = fc.option(fc.boolean(), { nil: undefined })
  const request = fc.record({
    PasswordLength: fc.oneof(fc.integer({ min: 5, max: 40 }), fc.constantFrom(5, 4096)),
    ExcludeCharacters: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
    ExcludeNumbers: flag,
    ExcludePunctuation: flag,
    ExcludeUppercase: flag,
    ExcludeLowercase: flag,
    IncludeSpace: flag,
    RequireEachIncludedType: flag
  })
  const types = [
    ['ExcludeNumbers', /[0-9]/],
    ['ExcludeLowercase', /[a-z]/],
    ['ExcludeUppercase', /[A-Z]/],
    ['ExcludePunctuation', /[!-/:-@[-`{-~]/]
  ] as const
  fc.assert(
    fc.property(request, fc.integer({ min: 1 }), (asked, seed) => {
      const excluded = [...(asked.ExcludeCharacters ?? '')]
      fc.pre(asked.IncludeSpace === true ? !excluded.includes(' ') : types.some(([flag]) => !asked[flag]))
      const password = draw(asked, source(seed))
      expect(password).toHaveLength(asked.PasswordLength)
      expect(password).toMatch(/^[ -~]+$/)
      expect(excluded.filter(character => password.includes(character))).toEqual([])
      if (!asked.IncludeSpace) expect(password).not.toContain(' ')
      for (const [flag, pattern] of types) if (asked[flag]) expect(password).not.toMatch(pattern)
      if (asked.RequireEachIncludedType ?? true) {
        for (const [flag, pattern] of types) if (!asked[flag]) expect(password).toMatch(pattern)
      }
    })
  )
})

it('[MODEL] is 32 characters of all four kinds by default', () => {
  expect(draw({}, source(7))).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d])[!-~]{32}$/)
})

it('skips bytes that would favour some characters, and asks for more', () => {
  const rule = passwordRule({ PasswordLength: 4, RequireEachIncludedType: false })
  expect(passwordFrom(rule, Uint8Array.of(0, 255, 1, 188, 93, 94))).toBe('ab~a')
  expect(passwordFrom(rule, Uint8Array.of(0, 255, 1, 188, 93))).toBeUndefined()
  const each = passwordRule({ PasswordLength: 4 })
  expect(passwordFrom(each, Uint8Array.of(0, 1, 2, 3))).toBeUndefined()
  expect(passwordFrom(each, Uint8Array.of(0, 1, 2, 3, 0, 26, 52, 62))).toBe('aA0!')
})

it('does not take long for the rule that is hardest to meet', () => {
  const letters = [...'bcdefghijklmnopqrstuvwxyz']
  const request = {
    PasswordLength: 4,
    IncludeSpace: true,
    ExcludeCharacters: [...letters, ...letters.map(letter => letter.toUpperCase()), ...'123456789'].join('')
  }
  const bytes = source(362_436_069)
  const start = performance.now()
  for (let round = 0; round < 20; round++) expect(draw(request, bytes)).toHaveLength(4)
  expect(performance.now() - start).toBeLessThan(2000)
})

describe('refused', () => {
  const digits = '0123456789'
  const noLetters = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true }
  it.each<[GetRandomPasswordRequest, string]>([
    [{ PasswordLength: 3 }, 'Password length is too short based on the required types.'],
    [{ PasswordLength: 3, IncludeSpace: true }, 'Password length is too short based on the required types.'],
    [{ ...noLetters, ExcludeNumbers: true }, 'All characters have been excluded from selection.'],
    [
      { ...noLetters, ExcludeNumbers: true, IncludeSpace: true, ExcludeCharacters: ' ' },
      'All characters have been excluded from selection.'
    ],
    [{ ...noLetters, ExcludeCharacters: digits }, 'All characters have been excluded from selection.'],
    [
      { ...noLetters, ExcludeCharacters: digits, RequireEachIncludedType: false },
      'All characters have been excluded from selection.'
    ],
    [{ ExcludeCharacters: digits }, 'All characters of the desired type have been excluded.'],
    [
      { PasswordLength: 3, ExcludeCharacters: digits },
      'All characters of the desired type have been excluded.'
    ],
    [
      { ...noLetters, IncludeSpace: true, ExcludeCharacters: digits },
      'All characters of the desired type have been excluded.'
    ]
  ])('%j', (request, message) => {
    expect(() => passwordRule(request)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException', message })
    )
  })

  it('not a short password that needs no more, nor an emptied type that is not required', () => {
    expect(draw({ PasswordLength: 3, ExcludeNumbers: true }, source(1))).toHaveLength(3)
    expect(draw({ PasswordLength: 1, RequireEachIncludedType: false }, source(1))).toHaveLength(1)
    const request = { ExcludeCharacters: digits, RequireEachIncludedType: false, PasswordLength: 200 }
    expect(draw(request, source(1))).toMatch(/^[^\d]{200}$/)
  })

  it('not an emptied type that is excluded as well', () => {
    expect(draw({ ExcludeNumbers: true, ExcludeCharacters: digits }, source(1))).toHaveLength(32)
  })
})

describe('[USR] a space', () => {
  it('is allowed by IncludeSpace and never required, so four characters are enough', () => {
    const rule = passwordRule({ PasswordLength: 4, IncludeSpace: true })
    expect(rule.alphabet).toContain(' ')
    expect(rule.required).toHaveLength(4)
    expect(draw({ PasswordLength: 4, IncludeSpace: true }, source(1))).toMatch(
      /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d ])[!-~]{4}$/
    )
    expect(draw({ PasswordLength: 4096, IncludeSpace: true }, source(1))).toContain(' ')
  })

  it('can be all that is left', () => {
    const request = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true }
    expect(
      draw({ ...request, ExcludePunctuation: true, IncludeSpace: true, PasswordLength: 2 }, source(1))
    ).toBe('  ')
  })
})
