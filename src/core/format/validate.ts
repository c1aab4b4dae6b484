import type { Value } from './canonical.js'
import { LOG_LIMITS, type Kind } from './limits.js'
import { VaultError } from '../errors.js'
import * as validators from '../generated/validators.js'
import type { Steps } from '../turns.js'

/** Throws `DocumentRefused` if the document is not valid against its schema. */
export function validate(kind: Kind, document: Value, path: string): void {
  validatePart(kind, document, path, 0)
}

/** Lines of an access log that are validated in one step, if its entries are short. */
const STEP = 2_000

/**
 * As `validate`, in steps: a whole access log takes too long at once.
 * @param valid how many entries of an access log are known to be valid
 */
export function* validationSteps(kind: Kind, document: Value, path: string, valid = 0): Steps<void> {
  const entries = kind === 'access' ? entriesOf(document) : undefined
  if (!entries || entries.length > LOG_LIMITS.entries) return validate(kind, document, path)
  let first = valid
  do {
    let [end, lines] = [first, 0]
    while (end < entries.length && lines < STEP) lines += weight(entries[end++]!)
    const part = entries.slice(first, end)
    validatePart(kind, { ...(document as object), entries: part }, path, first)
    yield lines
    first = end
  } while (first < entries.length)
}

/** About the lines of a value. */
function weight(value: Value): number {
  if (typeof value === 'string') return 1
  return Object.values(value).reduce<number>((sum, member) => sum + weight(member), 1)
}

function entriesOf(document: Value): readonly Value[] | undefined {
  const entries = (document as { readonly entries?: Value }).entries
  return Array.isArray(entries) ? (entries as readonly Value[]) : undefined
}

/** @param first index of the part's first entry in the whole log */
function validatePart(kind: Kind, document: Value, path: string, first: number): void {
  const validator = validators[kind]
  if (validator(document)) return
  const [error] = validator.errors ?? []
  const field = (error?.instancePath.slice(1) ?? '')
    .replace(/^entries\/(\d+)/, (_, index: string) => `entries/${Number(index) + first}`)
    .replaceAll('~1', '/')
  const extra = error?.params['additionalProperty']
  const what =
    typeof extra === 'string' ? `unknown field ${JSON.stringify(extra)}` : (error?.message ?? 'is not valid')
  const article = /^[ai]/.test(kind) ? 'an' : 'a'
  throw new VaultError(
    'DocumentRefused',
    `${path}: not ${article} ${kind} document: ${field ? `${field}: ` : ''}${what}`
  )
}
