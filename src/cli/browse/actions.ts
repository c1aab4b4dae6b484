import { visible } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { hidden } from './moves.js'
import { rowAt, rowsOf, usable, type State, type Step } from './state.js'

/** How much of a version's id is shown. */
export const SHORT_ID = 8

/** Asks for a value, shows what was asked for already, or hides it. */
export function open(state: State): Step {
  const name = usable(state)
  if (name === undefined) return [state, []]
  const row = rowAt(state)
  if (row?.kind === 'version')
    return [hidden(state), [{ kind: 'open', name, versionId: row.entry.versionId }]]
  const field = row?.kind === 'field' ? row.name : undefined
  if (state.shown !== undefined && state.shown.field === field) {
    const closed = state.opened?.fields === undefined ? hidden(state) : { ...state, shown: undefined }
    return [{ ...closed, scroll: 0 }, []]
  }
  if (state.opened === undefined) return [state, [{ kind: 'open', name, versionId: undefined }]]
  const lease = state.lease + 1
  return [{ ...state, shown: { field }, lease, scroll: 0 }, [{ kind: 'hideLater', lease }]]
}

/** Copies the field or the version that has the cursor, or else the value. */
export function copy(state: State): Step {
  const name = usable(state)
  if (name === undefined || !state.use.canCopy) return [state, []]
  const row = rowAt(state)
  const versionId = row?.kind === 'version' ? row.entry.versionId : state.opened?.versionId
  const effect = {
    ...({ kind: 'copy', name } as const),
    ...(row?.kind === 'field' ? { field: row.name } : {}),
    ...(versionId === undefined ? {} : { versionId })
  }
  return [state, [effect]]
}

export function edit(state: State): Step {
  const name = usable(state)
  if (name === undefined) return [state, []]
  return [hidden(state), [{ kind: 'edit', name }]]
}

/** Asks before everyone gets an earlier version. The first time, only moves to the versions. */
export function askRollback(state: State): Step {
  const name = usable(state)
  if (name === undefined) return [state, []]
  const row = rowAt(state)
  if (row?.kind !== 'version') return toVersions(hidden(state))
  const { versionId, created, writer, labels } = row.entry
  if (labels.includes('AWSCURRENT')) return [{ ...state, message: 'this is the current version' }, []]
  const which = `${versionId.slice(0, SHORT_ID)} of ${localTime(created)} by ${writer}`
  const text = visible(`Go back to ${which}, for everyone? y or n`)
  return [{ ...state, question: { text, effect: { kind: 'rollback', name, versionId } } }, []]
}

function toVersions(state: State): Step {
  const cursor = rowsOf(state).findIndex(
    row => row.kind === 'version' && !row.entry.labels.includes('AWSCURRENT')
  )
  if (state.details === undefined) return [{ ...state, message: 'the versions are not read yet' }, []]
  if (cursor < 0) return [{ ...state, message: 'there is no earlier version' }, []]
  return [{ ...state, cursor, scroll: 0, message: 'choose a version, then press Ctrl-R again' }, []]
}
