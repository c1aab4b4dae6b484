import { VaultError } from '../../core/errors.js'
import { listed as foldersIn } from '../../vault/documents/walk.js'
import type { Place } from '../../vault/documents/place.js'
import { listed } from '../../vault/listedSecret.js'
import type { Vault } from '../../vault/vault.js'
import { allSecrets, secretFiles } from '../../vault/allSecrets.js'
import type { Unusable } from '../../vault/documents/skipped.js'
import { rotationPlan, type RotationPlan } from '../../operations/rotationPlan.js'

/**
 * The plans of all secrets that are rotated, in all regions. Those that fail verification are left out: see `Vault.skip`. What
 * this clone has verified before is read, and not verified again.
 */
export async function readPlans(vault: Vault): Promise<RotationPlan[]> {
  const { place } = await vault.read()
  const regions = await foldersIn(vault.repository.workTree, `${place.folder}/regions`)
  const plans: RotationPlan[] = []
  const others: string[] = []
  for (const name of [undefined, ...(Array.isArray(regions) ? regions.map(one => one.name) : [])]) {
    const there = regionIn(vault, place, name)
    if (!there) {
      others.push(`${place.folder}/regions/${name}/`)
      continue
    }
    for (const secret of await there.secrets()) {
      const plan = secret.primary === undefined ? rotationPlan(secret, name) : undefined
      if (plan) plans.push(plan)
    }
    vault.noteSkipped(there.skipped)
  }
  if (!Array.isArray(regions)) await vault.skip([regions])
  return others.length === 0 ? plans : [...plans, ...(await plansIn(vault, undefined, others)).values()]
}

/** Returns the vault in the region that a folder is named after; `undefined` if its name is not that of a region. */
function regionIn(vault: Vault, place: Place, name: string | undefined): Vault | undefined {
  const folder = name === undefined ? '' : `regions/${name}/`
  if (place.inRegion(name).secrets !== `${place.folder}/${folder}secrets`) return undefined
  try {
    return vault.inRegion(name)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'ValidationException') return undefined
    throw error
  }
}

/**
 * The plans of all secrets that are rotated, in all regions, by the folder of the secret.
 * @param folders only those of these secrets
 * @param starts only those whose path starts with one of these
 */
export async function plansIn(
  vault: Vault,
  folders?: Iterable<string>,
  starts = ['']
): Promise<Map<string, RotationPlan>> {
  const view = await vault.read()
  const plans = new Map<string, RotationPlan>()
  const unusable: Unusable[] = []
  const paths = folders ? documentsIn(folders) : secretFiles(vault.repository.workTree, view.place)
  for await (const result of allSecrets(view, below(paths, starts))) {
    if ('problem' in result) {
      unusable.push(result)
      continue
    }
    const { secret } = result
    const plan = rotationPlan(listed(secret), secret.place.region)
    if (plan) plans.set(folderOf(secret.place.secret), plan)
  }
  if (unusable.length > 0) await vault.skip(unusable)
  return plans
}

async function* below(
  paths: AsyncIterable<string | Unusable>,
  starts: readonly string[]
): AsyncIterable<string | Unusable> {
  for await (const one of paths) {
    const path = typeof one === 'string' ? one : one.path
    if (starts.some(start => path.startsWith(start))) yield one
  }
}

async function* documentsIn(folders: Iterable<string>): AsyncIterable<string> {
  for (const folder of folders) yield `${folder}/secret.yaml`
}

/** The folder of a secret's secret.yaml or stages.yaml; `undefined` for any other file. */
export function secretFolder(path: string): string | undefined {
  return /\/(?:secret|stages)\.yaml$/.test(path) ? folderOf(path) : undefined
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
