import { isList, type Value, type ValueMap } from './canonical.js'
import { CAPS } from './limits.js'
import { isPlainForm, markPlainForm, plainYamlSteps } from './plainYaml.js'
import { validationSteps } from './validate.js'
import { refuseOversize, textOf } from './yaml.js'
import type { Steps } from '../turns.js'

/** An access log that was parsed and validated, and its bytes. */
interface Parsed {
  readonly bytes: Uint8Array
  readonly value: object
}

/**
 * Parses and validates only what an access log has after an earlier one. Returns what parsing the whole would, with the
 * earlier log's own entries. Returns `undefined` if the file does not go on right after the earlier one with entries in the
 * plain form: then the whole is to be parsed. Throws `DocumentRefused` naming `path`.
 *
 * In the plain form a list goes on with a line that starts at its own indent. So the entries after such a line do not depend
 * on those before it.
 */
export function* extendedLogSteps(
  before: Parsed,
  bytes: Uint8Array,
  path: string
): Steps<object | undefined> {
  refuseOversize(bytes, path, CAPS.access)
  const log = before.value as ValueMap
  const entries = log['entries']
  const isLast = Object.keys(log).at(-1) === 'entries'
  if (!isPlainForm(log) || !isLast || entries === undefined || !isList(entries) || entries.length === 0)
    return undefined
  if (!startsWith(bytes, before.bytes)) return undefined
  const added = textOf(bytes.subarray(before.bytes.length), path)
  if (!added.startsWith(ITEM)) return undefined
  const more = yield* plainYamlSteps(`entries:\n${added}`, CAPS.access.depth)
  const items = entriesOf(more)
  if (!items) return undefined
  const longer = Object.assign(Object.create(null) as ValueMap, log, { entries: [...entries, ...items] })
  markPlainForm(longer)
  yield* validationSteps('access', longer, path, entries.length)
  return longer
}

/** How an item of the list `entries` starts. */
const ITEM = '  - '

/** The list of a document that has `entries` and nothing else. */
function entriesOf(value: Value | undefined): readonly Value[] | undefined {
  if (value === undefined || typeof value === 'string' || isList(value)) return undefined
  const { entries, ...others } = value
  return entries !== undefined && isList(entries) && Object.keys(others).length === 0 ? entries : undefined
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (bytes.length <= start.length) return false
  for (let at = 0; at < start.length; at++) if (bytes[at] !== start[at]) return false
  return true
}
