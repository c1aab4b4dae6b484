import type { SecretDetails } from '../../app/browsing.js'
import type { HistoryEntry } from '../../vault/history.js'
import type { Size } from '../screen/screen.js'
import type { Item, Items } from './items.js'

/** A decrypted value. It is dropped on the next move to another secret, and after a while. */
export interface Opened {
  /** The version, if it was asked for by its id. */
  readonly versionId: string | undefined
  /** The text; `undefined` if the value is binary. */
  readonly text: string | undefined
  readonly bytes: number
  /** The fields, if the text is a JSON object. */
  readonly fields: ReadonlyMap<string, string> | undefined
}

/** A row beside the list that the cursor can be on. */
export type Row =
  | { readonly kind: 'value' }
  | { readonly kind: 'field'; readonly name: string; readonly text: string }
  | { readonly kind: 'version'; readonly entry: HistoryEntry }

/** Work outside of the state: reading, decrypting, running a command. */
export type Effect =
  | { readonly kind: 'details'; readonly name: string }
  | { readonly kind: 'open'; readonly name: string; readonly versionId: string | undefined }
  /** Hides the value later. */
  | { readonly kind: 'hideLater'; readonly lease: number }
  | { readonly kind: 'copy'; readonly name: string; readonly field?: string; readonly versionId?: string }
  | { readonly kind: 'edit'; readonly name: string }
  | { readonly kind: 'rollback'; readonly name: string; readonly versionId: string }
  | { readonly kind: 'reload' }
  | { readonly kind: 'pick'; readonly name: string }
  | { readonly kind: 'leave'; readonly code: 'ok' | 'interrupted' }

export interface State {
  readonly size: Size
  readonly items: Items
  /** All items, by name. */
  readonly sorted: readonly Item[]
  /** Whether items are still being read. */
  readonly isReading: boolean
  readonly query: string
  /** The items that the query finds. */
  readonly matches: readonly Item[]
  /** The chosen one of `matches`. */
  readonly at: number
  /** Whether the user chose it. Otherwise the first one is chosen, whatever is found meanwhile. */
  readonly isChosen: boolean
  readonly details: SecretDetails | undefined
  /** Why the details cannot be shown. */
  readonly problem: string | undefined
  /** The row that has the cursor; `undefined` while the list has it. */
  readonly cursor: number | undefined
  readonly opened: Opened | undefined
  /** The row whose value is shown: `value`, or a field. */
  readonly shown: { readonly field: string | undefined } | undefined
  /** Counts what was opened, so that a value that was opened later is not hidden early. */
  readonly lease: number
  /** Lines beside the list that are scrolled away. */
  readonly scroll: number
  readonly isHelp: boolean
  readonly question: { readonly text: string; readonly effect: Effect } | undefined
  readonly message: string | undefined
  readonly use: Use
}

/** The purpose of the browser. */
export interface Use {
  /** Whether `copy` exists. */
  readonly canCopy: boolean
  /** Whether Enter chooses a secret for another command: then nothing can be shown or changed. */
  readonly isPicking: boolean
}

/** The next state, and the work that it needs. Each result of the work is a further event. */
export type Step = readonly [State, readonly Effect[]]

export const initialState = (size: Size, use: Use): State => ({
  ...{ size, items: new Map(), sorted: [], isReading: true, query: '', matches: [], at: 0, isChosen: false },
  ...{ details: undefined, problem: undefined, cursor: undefined, opened: undefined, shown: undefined },
  ...{ lease: 0, scroll: 0, isHelp: false, question: undefined, message: undefined, use }
})

export const selected = ({ matches, at }: State): Item | undefined => matches[at]

/** The name of the chosen secret, if it can be read and written as far as is known. */
export function usable(state: State): string | undefined {
  const item = selected(state)
  return item?.refused === undefined ? item?.name : undefined
}

/** The rows beside the list, from top to bottom. Those of the versions are known once the details are read. */
export function rowsOf({ details, opened }: State): Row[] {
  const fields = [...(opened?.fields ?? [])].map(([name, text]) => ({ kind: 'field', name, text }) as const)
  const versions = (details?.versions ?? []).map(entry => ({ kind: 'version', entry }) as const)
  return [{ kind: 'value' }, ...fields, ...versions]
}

export const rowAt = (state: State): Row | undefined =>
  state.cursor === undefined ? undefined : rowsOf(state)[state.cursor]
