import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VaultError } from '../../../src/core/errors.js'
import { parseAssignment, parseSource, secretsOf, type Plan } from '../../../src/core/run/plan.js'
import { given, type Value } from '../../../src/core/run/variables.js'

const nothing: Plan = {
  secrets: [],
  assignments: [],
  files: [],
  stdin: undefined,
  prefix: '',
  isUpper: false,
  only: undefined,
  allowed: new Set(),
  ignoreCase: false,
  isForShell: false
}

/** A secret is JSON if its value is an object. */
function give(plan: Partial<Plan>, secrets: Record<string, object | string | Uint8Array>) {
  const values = new Map<string, Value>()
  for (const [name, value] of Object.entries(secrets)) {
    if (value instanceof Uint8Array) values.set(name, { SecretBinary: value })
    else values.set(name, { SecretString: typeof value === 'string' ? value : JSON.stringify(value) })
  }
  return given({ ...nothing, ...plan }, values)
}

function hintOf(...[plan, secrets]: Parameters<typeof give>): string | undefined {
  try {
    give(plan, secrets)
  } catch (error) {
    return (error as VaultError).hint
  }
  return undefined
}

const variables = (...[plan, secrets]: Parameters<typeof give>) =>
  Object.fromEntries(give(plan, secrets).variables)

const env = (...texts: string[]) => texts.map(text => parseAssignment(text, '--env'))

describe('NAME[:FIELD]', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:prod/db-AbCdEf'

  it('is a name or an ARN, and a field that may have colons', () => {
    expect(parseSource('prod/db', 'x')).toEqual({ secret: 'prod/db', field: undefined })
    expect(parseSource('prod/db:a:b=c', 'x')).toEqual({ secret: 'prod/db', field: 'a:b=c' })
    expect(parseSource(arn, 'x')).toEqual({ secret: arn, field: undefined })
    expect(parseSource(`${arn}:a:b`, 'x')).toEqual({ secret: arn, field: 'a:b' })
  })

  it('follows the variable, which ends at the first =', () => {
    expect(parseAssignment('A=n=1:f', 'x')).toEqual({ variable: 'A', secret: 'n=1', field: 'f' })
  })

  it.each(['', 'A', 'A=', '=a', 'A=:f', 'A=a:'])('is refused if a part is missing: %j', text => {
    expect(() => parseAssignment(text, '--env')).toThrow(`not '${text}'`)
  })
})

it('reads each secret once, however many fields are asked for', () => {
  const plan = { ...nothing, secrets: ['a', 'b'], assignments: env('A=a:x', 'B=a:y', 'C=c') }
  expect(secretsOf({ ...plan, stdin: { secret: 'd', field: undefined } })).toEqual(['a', 'b', 'c', 'd'])
})

describe('fields become variables', () => {
  it('strings as they are, and everything else as the JSON that is stored', () => {
    const text = '{"s":"a\\nb","n":12345678901234567890,"f":1.50,"b":true,"z":null,"o":{"x": [1]}}'
    expect(variables({ secrets: ['a'] }, { a: text })).toEqual({
      s: 'a\nb',
      n: '12345678901234567890',
      f: '1.50',
      b: 'true',
      z: 'null',
      o: '{"x":[1]}'
    })
  })

  it('with a prefix, and in upper case', () => {
    const plan = { secrets: ['a'], prefix: 'app_', isUpper: true }
    expect(variables(plan, { a: { 'db-user': 'x', é: 'y' } })).toEqual({ app_DB_USER: 'x', app__: 'y' })
  })

  it('refuses two fields that would be one variable', () => {
    const message = 'the fields "a-b" and "a_b" of s would be the same variable'
    expect(() => give({ secrets: ['s'], isUpper: true }, { s: { 'a-b': '1', a_b: '2' } })).toThrow(message)
    expect(() => give({ secrets: ['s'], ignoreCase: true }, { s: { a: '1', A: '2' } })).toThrow('"a" and "A"')
  })

  it('only those that are asked for, and all of them must be there', () => {
    const secrets = { a: { x: '1', PATH: '2' }, b: { y: '3' } }
    expect(variables({ secrets: ['a', 'b'], only: ['x', 'y'] }, secrets)).toEqual({ x: '1', y: '3' })
    expect(() => give({ secrets: ['a', 'b'], only: ['x', 'z'] }, secrets)).toThrow('no field "z" in a, b')
    expect(() => give({ assignments: env('A=a:x'), only: ['x'] }, secrets)).toThrow('--only needs a secret')
  })

  it('of a JSON object alone', () => {
    for (const value of ['plain', '[1]', '"text"', 'null', '', Uint8Array.of(1)])
      expect(() => give({ secrets: ['a'] }, { a: value })).toThrow('a is not a JSON object')
  })

  it('a later secret replaces fields of an earlier one, and --env replaces both', () => {
    const field = fc.constantFrom('A', 'B', 'C', 'D')
    const secrets = fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.dictionary(field, fc.string()))
    fc.assert(
      fc.property(secrets, fc.dictionary(field, fc.string()), (objects, named) => {
        const clean = (value: object) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as object
        const order = Object.keys(objects)
        const all: Record<string, object> = Object.fromEntries(
          order.map(name => [name, clean(objects[name]!)])
        )
        const last = clean(named)
        const assignments = env(...Object.keys(last).map(name => `${name}=last:${name}`))
        expect(variables({ secrets: order, assignments }, { ...all, last })).toEqual(
          Object.assign({}, ...order.map(name => all[name]), last)
        )
      })
    )
  })

  it('ignores the case of names on Windows', () => {
    const secrets = { a: { key: '1' }, b: { KEY: '2' } }
    expect(variables({ secrets: ['a', 'b'], ignoreCase: true }, secrets)).toEqual({ KEY: '2' })
    expect(variables({ secrets: ['a', 'b'] }, secrets)).toEqual({ key: '1', KEY: '2' })
  })
})

describe('a variable that is named', () => {
  it('has a whole value or a field', () => {
    const secrets = { a: 'plain', b: { x: 'field', n: 1 } }
    expect(variables({ assignments: env('A=a', 'B=b', 'C=b:x', 'D=b:n') }, secrets)).toEqual({
      A: 'plain',
      B: '{"x":"field","n":1}',
      C: 'field',
      D: '1'
    })
  })

  it('may be named once', () => {
    expect(() => give({ assignments: env('A=a', 'A=a') }, { a: '' })).toThrow('A is given twice')
    expect(() => give({ assignments: env('A=a'), files: env('A=a') }, { a: '' })).toThrow('A is given twice')
    const windows = { assignments: env('A=a', 'a=a'), ignoreCase: true }
    expect(() => give(windows, { a: '' })).toThrow('a is given twice')
  })

  it('needs a field that is there', () => {
    expect(() => give({ assignments: env('A=a:toString') }, { a: {} })).toThrow('a has no field "toString"')
    expect(() => give({ assignments: env('A=a:x') }, { a: 'plain' })).toThrow('a is not a JSON object')
  })

  it('cannot hold bytes or NUL, which a file and standard input can', () => {
    const secrets = { bytes: Uint8Array.of(0, 255), nul: 'a\0secret' }
    expect(() => give({ assignments: env('A=bytes') }, secrets)).toThrow('bytes is binary')
    expect(() => give({ assignments: env('A=nul') }, secrets)).toThrow(/^the value for A has a NUL character/)
    expect(() => give({ secrets: ['f'] }, { f: { A: '\0' } })).toThrow('the value for A has a NUL character')
    expect(hintOf({ assignments: env('A=f:x') }, { f: { x: '\0' } })).toBe('give it as a file: --file A=f:x')
    expect(hintOf({ secrets: ['f'] }, { f: { A: '\0' } })).toBe('give it as a file: --file A=f:A')
    expect(hintOf({ secrets: ['bytes'] }, secrets)).toBe('give it as a file: --file VAR=bytes')
    const { files, stdin } = give(
      { files: env('A=bytes', 'B=nul'), stdin: { secret: 'nul', field: undefined } },
      secrets
    )
    expect(files.map(({ content }) => content)).toEqual([secrets.bytes, secrets.nul])
    expect(stdin).toBe(secrets.nul)
  })
})

describe('a name is refused', () => {
  const of = (name: string, plan: Partial<Plan> = {}) =>
    variables({ secrets: ['a'], ...plan }, { a: { [name]: 'v' } })

  it('if it changes how programs run, or if shells cannot set it, unless it is allowed', () => {
    expect(() => of('PATH')).toThrow('the variable PATH, a field of a, would change how programs run')
    expect(() => of('a-b')).toThrow('"a-b", a field of a, is not a name that shells can set')
    expect(() => of('TH', { prefix: 'PA' })).toThrow('the variable PATH')
    for (const name of ['PATH', 'a-b', 'LD_PRELOAD', 'BASH_FUNC_x%%'])
      expect(of(name, { allowed: new Set([name]) })).toEqual({ [name]: 'v' })
    expect(() => of('LD_AUDIT', { allowed: new Set(['LD_PRELOAD']) })).toThrow('LD_AUDIT')
  })

  it('if no system can hold it, always', () => {
    for (const name of ['', 'A=B', 'A\0'])
      expect(() => of(name, { allowed: new Set([name]) })).toThrow('cannot be the name of a variable')
  })

  it('also if the user names it, for a variable or a file', () => {
    expect(() => give({ assignments: env('NODE_OPTIONS=a') }, { a: 'v' })).toThrow('NODE_OPTIONS')
    expect(() => give({ files: env('BASH_ENV=a') }, { a: 'v' })).toThrow('BASH_ENV')
  })

  it('but not if --env or --only leaves the field out', () => {
    expect(of('PATH', { only: [] })).toEqual({})
    const secrets = { a: { x: '1', 'a-b': '2' } }
    expect(variables({ secrets: ['a'], only: ['x'], assignments: env('AB=a:a-b') }, secrets)).toEqual({
      x: '1',
      AB: '2'
    })
  })
})

it('no message has a value', () => {
  const secret = 'a very secret value\0'
  const plans: Partial<Plan>[] = [
    { secrets: ['plain'] },
    { secrets: ['json'] },
    { assignments: env('A=plain') },
    { assignments: env('A=plain:x') },
    { assignments: env('A=json:y') }
  ]
  for (const plan of plans) {
    try {
      give(plan, { plain: secret, json: { A: secret } })
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('very secret')
    }
  }
})

it('for a shell, hints name what holds there', () => {
  const isForShell = true
  const secrets = { bytes: Uint8Array.of(0), f: { 'a-b': 'x' } }
  expect(hintOf({ isForShell, assignments: env('A=bytes') }, secrets)).toBe(
    'give it as a file: git-vault run --file A=bytes -- PROGRAM'
  )
  expect(hintOf({ isForShell, secrets: ['f'] }, secrets)).toBe('leave it out with --only')
  const allowed = new Set(['a-b'])
  expect(() => give({ isForShell, allowed, secrets: ['f'] }, secrets)).toThrow(
    '"a-b", a field of f, is not a name that shells can set'
  )
})
