import { spellings } from '../partition.js'
import { matchesWildcard } from './wildcard.js'

/** One entry of a statement's Condition: an operator, a condition key, and the policy's values for it. */
export interface Condition {
  readonly test: Test
  readonly negated: boolean
  /** How many of the request's values must match: `any` for ForAnyValue, `all` for ForAllValues, else `one`. */
  readonly of: 'one' | 'any' | 'all'
  /** Met if the request does not have the key. */
  readonly ifExists: boolean
  /** In lower case, as `lowered` makes it. */
  readonly key: string
  readonly values: readonly string[]
}

/**
 * The request's values by condition key. The keys are in lower case, except for the name of a tag after the `/`: tags
 * whose names differ only in case are different tags, and a condition applies to all of them.
 */
export type Context = ReadonlyMap<string, readonly string[]>

type Test = 'null' | keyof typeof TESTS

/** What a policy's value must be for a test: see `isValue`. */
type ValueKind = 'text' | 'arn' | 'boolean' | 'number' | 'date'

/** Whether the request's value matches the policy's. */
type Comparison = (policy: string, given: string) => boolean

const TESTS = {
  equals: ['text', (policy, given) => policy === given],
  equalsIgnoreCase: ['text', (policy, given) => lowered(policy) === lowered(given)],
  like: ['text', matchesWildcard],
  arn: ['arn', matchesArn],
  bool: ['boolean', (policy, given) => lowered(policy) === lowered(given)],
  numberEquals: ['number', (policy, given) => compare(number(policy), number(given)) === 0],
  numberBelow: ['number', (policy, given) => compare(number(given), number(policy)) < 0],
  numberAbove: ['number', (policy, given) => compare(number(given), number(policy)) > 0],
  numberAtMost: ['number', (policy, given) => compare(number(given), number(policy)) <= 0],
  numberAtLeast: ['number', (policy, given) => compare(number(given), number(policy)) >= 0],
  dateEquals: ['date', (policy, given) => compare(date(policy), date(given)) === 0],
  dateBelow: ['date', (policy, given) => compare(date(given), date(policy)) < 0],
  dateAbove: ['date', (policy, given) => compare(date(given), date(policy)) > 0],
  dateAtMost: ['date', (policy, given) => compare(date(given), date(policy)) <= 0],
  dateAtLeast: ['date', (policy, given) => compare(date(given), date(policy)) >= 0]
} satisfies Record<string, readonly [takes: ValueKind, matches: Comparison]>

const OPERATORS: Readonly<Record<string, readonly [test: Test, negated: boolean]>> = {
  StringEquals: ['equals', false],
  StringNotEquals: ['equals', true],
  StringEqualsIgnoreCase: ['equalsIgnoreCase', false],
  StringNotEqualsIgnoreCase: ['equalsIgnoreCase', true],
  StringLike: ['like', false],
  StringNotLike: ['like', true],
  ArnEquals: ['arn', false],
  ArnNotEquals: ['arn', true],
  ArnLike: ['arn', false],
  ArnNotLike: ['arn', true],
  Bool: ['bool', false],
  Null: ['null', false],
  NumericEquals: ['numberEquals', false],
  NumericNotEquals: ['numberEquals', true],
  NumericLessThan: ['numberBelow', false],
  NumericLessThanEquals: ['numberAtMost', false],
  NumericGreaterThan: ['numberAbove', false],
  NumericGreaterThanEquals: ['numberAtLeast', false],
  DateEquals: ['dateEquals', false],
  DateNotEquals: ['dateEquals', true],
  DateLessThan: ['dateBelow', false],
  DateLessThanEquals: ['dateAtMost', false],
  DateGreaterThan: ['dateAbove', false],
  DateGreaterThanEquals: ['dateAtLeast', false]
}

const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/
const KEY = /^[A-Za-z0-9-]+:\S[^]*$/

/** `undefined` if there is no such operator, or the key or a value is not valid for it. */
export function parseCondition(
  operator: string,
  key: string,
  values: readonly string[]
): Condition | undefined {
  const [, of, name = '', ifExists] = OPERATOR.exec(operator) ?? []
  const [test, negated = false] = Object.hasOwn(OPERATORS, name) ? (OPERATORS[name] ?? []) : []
  if (test === undefined || !KEY.test(key) || values.length === 0) return undefined
  if (test === 'null' && (of !== undefined || ifExists !== undefined)) return undefined
  const takes = test === 'null' ? 'boolean' : TESTS[test][0]
  if (!values.every(value => isValue(takes, value))) return undefined
  return {
    test,
    negated,
    of: of === undefined ? 'one' : of === 'ForAnyValue' ? 'any' : 'all',
    ifExists: ifExists !== undefined,
    key: lowered(key),
    values
  }
}

/**
 * Whether a request meets the condition of a statement. If a key has several values, or several tags have the key's name,
 * an Allow must hold for each of them, and a Deny for any. If a value is an ARN
 * with two spellings (`spellings`), a Deny holds for either, and a negated operator of an Allow must hold for both. An Allow
 * and a negated operator of a Deny compare the value as it is.
 */
export function isMet(
  { test, negated, of, ifExists, key, values }: Condition,
  context: Context,
  effect: 'Allow' | 'Deny'
): boolean {
  const given = valuesOf(context, key)
  const isAbsent = given.length === 0
  if (test === 'null') return values.some(value => (lowered(value) === 'true') === isAbsent)
  if (isAbsent) return ifExists || of === 'all' || (negated && of === 'one')
  const [, compares] = TESTS[test]
  const spelled = (value: string) => ((effect === 'Deny') !== negated ? spellings(value) : [value])
  const holds = (value: string): boolean =>
    spelled(value).some(each => values.some(policy => compares(policy, each))) !== negated
  const each = (all: readonly string[]): boolean => {
    if (of === 'one') return effect === 'Allow' ? all.every(holds) : all.some(holds)
    return of === 'all' ? all.every(holds) : all.some(holds)
  }
  return effect === 'Allow' ? given.every(each) : given.some(each)
}

/** The values of each key that is `key` if case is ignored. Only the name of a tag may differ in case. */
function valuesOf(context: Context, key: string): (readonly string[])[] {
  if (!key.includes('/')) return [context.get(key) ?? []].filter(values => values.length > 0)
  return [...context].flatMap(([name, values]) =>
    lowered(name) === key && values.length > 0 ? [values] : []
  )
}

/** In lower case, for ASCII only: to Unicode, the Kelvin sign is a `k`, and a tag of that name is another tag. */
export function lowered(text: string): string {
  return text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}

/** The keys that identify the caller or their network. Anyone might meet a condition on another key. */
const NARROWING: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid'
])

/**
 * Whether only named callers can meet the condition: it is on a caller key, without wildcards. If not, a policy that allows
 * `*` is public. So a new test narrows nothing until it is named here.
 */
export function narrows({ test, negated, of, ifExists, key, values }: Condition): boolean {
  if (negated || ifExists || of === 'all' || !NARROWING.has(key)) return false
  if (test === 'arn') return values.every(value => /^\d{12}$/.test(arnParts(value)[4] ?? ''))
  return (
    test === 'equals' ||
    test === 'equalsIgnoreCase' ||
    (test === 'like' && values.every(value => !/[*?]/.test(value)))
  )
}

function isValue(kind: ValueKind, value: string): boolean {
  switch (kind) {
    case 'text':
      return true
    case 'arn':
      return value === '*' || arnParts(value).length === 6
    case 'boolean':
      return /^(?:true|false)$/i.test(value)
    case 'number':
      return number(value) !== undefined
    case 'date':
      return date(value) !== undefined
  }
}

/** Compares part by part: a wildcard does not match across a colon, except within the last part. */
function matchesArn(policy: string, given: string): boolean {
  if (policy === '*') return true
  const parts = arnParts(given)
  const wanted = arnParts(policy)
  return (
    parts.length === wanted.length && wanted.every((part, index) => matchesWildcard(part, parts[index] ?? ''))
  )
}

/** Six parts; `[]` or fewer than six if it is not an ARN. */
function arnParts(text: string): string[] {
  const parts = text.split(':')
  return parts[0] === 'arn' ? [...parts.slice(0, 5), ...joined(parts.slice(5))] : []
}

function joined(parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [parts.join(':')]
}

/** Negative, 0 or positive. `NaN`, which meets no comparison, if either is undefined. */
function compare(a: number | undefined, b: number | undefined): number {
  return a === undefined || b === undefined ? Number.NaN : a - b
}

function number(text: string): number | undefined {
  return /^-?\d{1,300}(?:\.\d{1,300})?$/.test(text) ? Number(text) : undefined
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since the Unix epoch, from a W3C date or from seconds since the epoch. */
function date(text: string): number | undefined {
  const seconds = number(text)
  if (seconds !== undefined) return seconds * 1000
  const time = DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
