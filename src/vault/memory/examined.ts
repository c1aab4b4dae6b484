import { encode } from '../../core/encoding.js'
import { utf8 } from '../../core/format/canonical.js'
import { isCommitId } from '../../core/commitId.js'
import type { Memory } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'

const EXAMINED = 'examined'

/** A commit whose vault this clone has found in order. */
export interface Examined {
  /** What else the result depends on. Under anything else, nothing is known. */
  readonly under: readonly string[]
  readonly commit: string
  /** Folders of secrets that have to be looked at each time, because they have an exposed value. */
  readonly again: readonly string[]
  /** What identifies each state that this clone had seen by then. */
  readonly seen: ReadonlySet<string>
}

/** Returns `undefined` if there is nothing, or it is damaged, or was found under something else. */
export async function readExamined(memory: Memory, under: readonly string[]): Promise<Examined | undefined> {
  const bytes = await memory.read(EXAMINED)
  const body = bytes && bodyOf(new TextDecoder().decode(bytes))
  if (body === undefined) return undefined
  const [found, commit, again, seen] = JSON.parse(body) as readonly [string[], string, string[], string[]]
  if (!isCommitId(commit) || JSON.stringify(found) !== JSON.stringify(under)) return undefined
  return { under, commit, again, seen: new Set(seen) }
}

export async function rememberExamined(
  memory: Memory,
  { under, commit, again, seen }: Examined
): Promise<void> {
  const body = JSON.stringify([under, commit, again, [...seen]])
  await memory.update(EXAMINED, () => utf8(`${digest(body)}\n${body}`))
}

/** @param stamp what identifies the bytes of the file with that name */
export const seenId = (name: string, stamp: string): string => digest(`${name} ${stamp}`).slice(0, 20)

function bodyOf(text: string): string | undefined {
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  return end > 0 && text.slice(0, end) === digest(body) ? body : undefined
}

const digest = (text: string): string => encode(hash(utf8(text)))
