import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import { RESOLVE_HINT } from './refusal.js'
import { nameAndRegion, readDocument, type Place } from './place.js'

/** A document that was skipped, and why. */
export interface Skipped {
  readonly path: string
  readonly why: string
  /** The command that mends it. */
  readonly mend?: string
}

/** A secret, or a folder of secrets, that could not be used, though the others can. */
export interface Unusable {
  readonly path: string
  readonly problem: VaultError
  /** The command that mends it. */
  readonly mend?: string
}

/** One secret's files, and what this clone remembers of it, fail with these. An error of another code concerns them all. */
const OF_ONE_SECRET: readonly string[] = ['DocumentRefused', 'FileFailed']

/** Returns the error if it concerns one secret alone. Rethrows any other. */
export function problemOf(error: unknown): VaultError {
  if (error instanceof VaultError && OF_ONE_SECRET.includes(error.code)) return error
  throw error
}

/**
 * Describes the error of the secret in a folder. Rethrows an error that concerns more than this secret.
 * @param vault where the secret was read, in its region
 */
export async function unusable(
  error: unknown,
  path: string,
  vault: { readonly tree: Tree; readonly place: Place }
): Promise<Unusable> {
  const problem = problemOf(error)
  if (problem.hint?.startsWith('git-vault ') && problem.hint !== RESOLVE_HINT)
    return { path, problem, mend: problem.hint }
  const name = await nameIn(path.slice(0, path.lastIndexOf('/')), vault)
  return { path, problem, mend: name === undefined ? 'git-vault verify' : `git-vault resolve ${name}` }
}

export const skippedOf = ({ path, problem, mend }: Unusable): Skipped => ({
  path,
  why: problem.message,
  ...(mend === undefined ? {} : { mend })
})

/**
 * Returns the name of the secret that belongs in a folder, with its region if that is not the home region, as commands take
 * them. Trusts nothing that the folder has: a name is returned only if this folder is where its secret is stored.
 */
async function nameIn(
  folder: string,
  { tree, place }: Parameters<typeof unusable>[2]
): Promise<string | undefined> {
  // whoever pushed the folder chose its name, which must not be an option of the command
  const isHere = (name: string): boolean =>
    !name.startsWith('-') && `${folder}/secret.yaml` === place.secret(name).secret
  const plain = folder.slice(`${place.secrets}/`.length)
  if (plain !== '' && isHere(plain)) return nameAndRegion(plain, place)
  const claimed = await readDocument(tree, 'secret', `${folder}/secret.yaml`).catch(() => undefined)
  return claimed && isHere(claimed.name) ? nameAndRegion(claimed.name, place) : undefined
}

const MOST_LINES = 10

/** Returns a line for each of the first 10 documents, with the command that mends it, and one with the number of the others. */
export function skippedLines(skipped: readonly Skipped[], label = 'skipped'): string[] {
  const more = skipped.length - MOST_LINES
  return [
    ...skipped
      .slice(0, MOST_LINES)
      .map(({ why, mend }) => `${label}: ${why}${mend === undefined ? '' : `; mend it with: ${mend}`}`),
    ...(more > 0 ? [`${label}: ${more} more; list them with: git-vault verify`] : [])
  ]
}
