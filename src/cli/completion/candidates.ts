import type { Completes } from '../command/verb.js'
import type { World } from '../command/services.js'

/** A word that a shell may propose, or in its place what the shell finds by itself: `:file`, `:folder`, `:program`. */
export interface Candidate {
  readonly text: string
  readonly description?: string | undefined
}

/** The secret that the versions and labels belong to. */
export interface About {
  readonly secret: string | undefined
  readonly region: string | undefined
}

/** Returns the words of a kind. Rejects if the vault cannot be read. */
export async function candidatesOf(
  kind: Completes,
  typed: string,
  about: About,
  { io, services }: World
): Promise<Candidate[]> {
  if (typeof kind !== 'string') return kind.map(text => ({ text }))
  if (kind === 'file' || kind === 'folder' || kind === 'program') return [{ text: `:${kind}` }]
  if (kind === 'none') return []
  const offered = await services.completions()
  if (kind === 'member' || kind === 'key') {
    const { members, keys } = await offered.membersAndKeys(io.cwd)
    return (kind === 'member' ? members : keys).map(text => ({ text }))
  }
  if (kind === 'secret') {
    const names = await offered.secretNames(io.cwd, about.region, typed)
    return names.map(text => ({ text }))
  }
  if (kind === 'assignment') {
    const start = typed.indexOf('=') + 1
    if (start === 0) return []
    const names = await offered.secretNames(io.cwd, about.region, typed.slice(start))
    return names.map(name => ({ text: `${typed.slice(0, start)}${name}` }))
  }
  if (about.secret === undefined) return []
  const versions = await offered.versions(io.cwd, about.region, about.secret)
  if (kind === 'label')
    return versions.flatMap(({ versionId, labels }) => labels.map(text => ({ text, description: versionId })))
  return versions.map(({ versionId, labels, created }) => ({
    text: versionId,
    description: [created, ...labels].join(' ')
  }))
}
