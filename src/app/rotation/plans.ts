import type { Vault } from '../../vault/vault.js'
import { allSecrets, secretFiles } from '../../vault/allSecrets.js'
import type { Unusable } from '../../vault/documents/skipped.js'
import { rotationPlan, type RotationPlan } from '../../operations/rotationPlan.js'

/** The plans of all secrets that are rotated, in all regions. Those that fail verification are left out: see `Vault.skip`. */
export async function readPlans(vault: Vault): Promise<RotationPlan[]> {
  return [...(await plansIn(vault)).values()]
}

/**
 * The same, by the folder of the secret.
 * @param folders only those of these secrets
 */
export async function plansIn(vault: Vault, folders?: Iterable<string>): Promise<Map<string, RotationPlan>> {
  const view = await vault.read()
  const plans = new Map<string, RotationPlan>()
  const unusable: Unusable[] = []
  const paths = folders ? documentsIn(folders) : secretFiles(vault.repository.workTree, view.place)
  for await (const result of allSecrets(view, paths)) {
    if ('problem' in result) {
      unusable.push(result)
      continue
    }
    const { secret } = result
    const plan = rotationPlan(secret)
    if (plan) plans.set(folderOf(secret.place.secret), plan)
  }
  if (unusable.length > 0) await vault.skip(unusable)
  return plans
}

async function* documentsIn(folders: Iterable<string>): AsyncIterable<string> {
  for (const folder of folders) yield `${folder}/secret.yaml`
}

/** The folder of a secret's secret.yaml or stages.yaml; `undefined` for any other file. */
export function secretFolder(path: string): string | undefined {
  return /\/(?:secret|stages)\.yaml$/.test(path) ? folderOf(path) : undefined
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
