import type { Key } from './keys.js'
import type { Line } from './line.js'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The content of the whole screen: at most `rows` lines, none wider than `columns`. */
export interface Frame {
  readonly lines: readonly Line[]
  /** Where the cursor is, from 0; hidden if left out. */
  readonly cursor?: { readonly row: number; readonly column: number }
}

export type ScreenEvent =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resize'; readonly size: Size }
  /** The process is about to stop (Ctrl-Z). The screen is drawn again when it goes on. */
  | { readonly kind: 'suspend' }
  | { readonly kind: 'closed' }

/** A terminal that shows one program, full screen. */
export interface Screen {
  readonly size: Size
  show(frame: Frame): void
  /** Gives the terminal back while `work` uses it, as an editor or a prompt does. */
  outside<T>(work: () => Promise<T>): Promise<T>
  /** Gives the terminal back, with nothing of the screen left on it. May be called again. */
  close(): void
}

/** Opens the full screen. Calls `on` for each event, until the screen is closed. */
export type OpenScreen = (on: (event: ScreenEvent) => void) => Screen
