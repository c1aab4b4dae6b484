import { SHORT_NAME } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { CAPS } from '../core/format/documents.js'
import type { Tree } from '../core/ports.js'
import { discover } from '../system/git/discover.js'
import { openRepository } from '../system/repository.js'
import { VAULTRC } from '../vault/documents/place.js'

/** The options of `init` that have a rule, by the names of their flags. */
export type InitOption = keyof typeof RULES

const RULES = {
  'vault-dir': [
    /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/,
    'must be a folder inside the repository, such as vault: letters, digits, _ . and -, and its first character is not . or -'
  ],
  region: [
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lowercase letters, digits and hyphens, for example local or eu-west-1'
  ],
  'account-id': [/^[0-9]{12}$/, 'must be 12 digits'],
  member: [SHORT_NAME, 'must be at most 63 lowercase letters, digits or . _ -']
} as const satisfies Record<string, readonly [RegExp, string]>

/** Returns why the value of an option is refused; `undefined` if it is not. */
export function optionProblem(option: InitOption, value: string): string | undefined {
  const [pattern, rule] = RULES[option]
  return pattern.test(value) ? undefined : rule
}

/** Throws `Usage`, naming the first option that is refused. */
export function refuseOptions(options: {
  vaultDir: string
  region: string
  accountId: string
  member: string
}): void {
  const { vaultDir, region, accountId, member } = options
  const values = { 'vault-dir': vaultDir, region, 'account-id': accountId, member }
  for (const [option, value] of Object.entries(values) as [InitOption, string][]) {
    const problem = optionProblem(option, value)
    if (problem !== undefined)
      throw new VaultError('Usage', `--${option} ${JSON.stringify(value)}: ${problem}`)
  }
}

/** Throws `RepositoryState` if the branch has a vault. */
export async function refuseExisting(head: Tree, accessPath?: string): Promise<void> {
  for (const path of accessPath === undefined ? [VAULTRC] : [VAULTRC, accessPath])
    if (await head.read(path, CAPS.access.bytes))
      throw new VaultError('RepositoryState', `this repository already has a vault: ${path} exists`)
}

/** Throws `RepositoryState` if the branch around a folder has a vault. Without a repository, there is none. */
export async function refuseVault(directory: string): Promise<void> {
  try {
    discover(directory)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'VaultNotFound') return
    throw error
  }
  const repository = await openRepository(directory)
  try {
    if ((await repository.headTime()) === undefined) return
    await refuseExisting(repository.treeOf(await repository.commitId('HEAD')))
  } finally {
    await repository.close()
  }
}
