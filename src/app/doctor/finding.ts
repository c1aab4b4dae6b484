import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'

/** The action of `doctor --fix` for a finding. */
export interface Fix {
  /** The action, in one line that completes "it will". */
  readonly text: string
  /** Changes what no commit has, such as the configuration. */
  readonly run?: () => Promise<void>
  /** Returns changes for the one commit of all fixes: path to new bytes; null removes. */
  readonly change?: (head: Tree) => Promise<ReadonlyMap<string, Uint8Array | null>>
}

/** The result of one check. */
export interface Finding {
  /** What was checked. */
  readonly what: string
  readonly state: 'ok' | 'warning' | 'problem'
  /** The result, in one line. */
  readonly text: string
  /** How to fix it. */
  readonly hint?: string
  readonly fix?: Fix
}

export type Result = Omit<Finding, 'what'>

export const ok = (text: string): Result => ({ state: 'ok', text })
export const warning = (text: string, hint: string): Result => ({ state: 'warning', text, hint })
export const problem = (text: string, hint?: string): Result => ({
  state: 'problem',
  text,
  ...(hint === undefined ? {} : { hint })
})
/** A problem that `doctor --fix` ends. */
export const fixable = (text: string, fix: Fix): Result => ({
  state: 'problem',
  text,
  hint: 'git-vault doctor --fix',
  fix
})

/** Runs one check. A check that fails with a `VaultError` is a problem too. */
export async function check(what: string, run: () => Promise<Result>): Promise<Finding> {
  try {
    return { what, ...(await run()) }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return { what, ...problem(error.message, error.hint) }
  }
}

/** The path, or the number of paths with an example. Ends with a comma if the sentence goes on. */
export function files(paths: readonly string[], goesOn = false): string {
  const [first = ''] = paths
  return paths.length === 1 ? first : `${paths.length} files, such as ${first}${goesOn ? ',' : ''}`
}
