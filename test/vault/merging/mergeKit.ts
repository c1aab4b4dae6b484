import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { expect } from 'vitest'
import { trust } from '../../../src/app/trust.js'
import { open } from '../../../src/app/open.js'
import type { Stages } from '../../../src/core/versions/stages.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { systemRandom } from '../../../src/system/files/random.js'
import { mergeVault, type MergeInput, type VaultMerge } from '../../../src/vault/merging/mergeVault.js'
import { openSides } from '../../../src/vault/merging/openSides.js'
import { cloneOf, makeVault, token, type TestVault } from '../fixture.js'
import type { Person } from '../people.js'

export const NAME = 'prod/db'
export const FOLDER = `vault/secrets/${NAME}`

/** Two clones of one vault, with a secret that has one version. Neither knows what the other does until it merges. */
export async function twoClones(): Promise<[TestVault, TestVault]> {
  const first = await makeVault()
  first.clock.time = Date.now()
  await first.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token(1) })
  return [first, await follower(first)]
}

/** A clone that trusts the vault. */
export async function follower(box: TestVault): Promise<TestVault> {
  const clone = await cloneOf(box)
  await trust(clone.root, box.made.root)
  await clone.reopen()
  return clone
}

export const put = (box: TestVault, id: string | number, name = NAME) =>
  box.api.putSecretValue({ SecretId: name, SecretString: `value ${id}`, ClientRequestToken: token(id) })

export const move = (box: TestVault, label: string, to: string | number, from?: string | number) =>
  box.api.updateSecretVersionStage({
    SecretId: NAME,
    VersionStage: label,
    MoveToVersionId: token(to),
    ...(from === undefined ? {} : { RemoveFromVersionId: token(from) })
  })

export const unlabel = (box: TestVault, label: string, from: string | number) =>
  box.api.updateSecretVersionStage({ SecretId: NAME, VersionStage: label, RemoveFromVersionId: token(from) })

export interface MergeOptions {
  /** Who merges; the user of the test file by default. `null`: nobody. */
  readonly as?: Person | null
  readonly earlier?: MergeInput['earlier']
  readonly restore?: MergeInput['restore']
  /** Another base than git's. */
  readonly base?: string
}

/** Merges another clone's HEAD. Changes nothing. Fails the test if the access logs cannot be merged. */
export async function mergeOf(
  box: TestVault,
  from: TestVault,
  options: MergeOptions = {}
): Promise<VaultMerge & { readonly theirs: string; readonly pin: (() => Promise<void>) | undefined }> {
  await sodiumReady
  box.git('fetch', '-q', from.root, 'HEAD')
  const theirs = box.git('rev-parse', 'FETCH_HEAD').trim()
  const base = options.base ?? box.git('merge-base', 'HEAD', theirs).trim()
  const vault = await (options.as ? options.as.open(box) : open(box.options))
  try {
    const { repository } = vault
    const tree = (commit: string) => repository.treeOf(commit)
    const trees = { base: tree(base), ours: tree(box.head()), theirs: tree(theirs) }
    const sides = await openSides(vault, trees, await repository.branch())
    if ('reason' in sides)
      return {
        files: new Map(),
        decisions: [],
        conflicts: [{ ...sides, name: sides.path }],
        theirs,
        pin: undefined
      }
    const changed = box
      .git('diff', '--name-only', '-z', '--no-renames', 'HEAD', theirs)
      .split('\0')
      .slice(0, -1)
    const identity = await vault.identity()
    const member = sides.ours.access.members.get(identity.public.keyId)!
    const merged = await mergeVault(
      {
        ...sides,
        now: box.clock.now(),
        ...(options.as === null ? {} : { signer: { member, identity, random: systemRandom } }),
        earlier: options.earlier,
        restore: options.restore
      },
      changed
    )
    return { ...merged, theirs, pin: sides.pin }
  } finally {
    await vault.close()
  }
}

/** Merges another clone's HEAD into this one, in a merge commit. Fails the test if there is a conflict. */
export async function merge(
  box: TestVault,
  from: TestVault,
  options: MergeOptions = {}
): Promise<VaultMerge> {
  const merged = await mergeOf(box, from, options)
  expect(merged.conflicts).toEqual([])
  const { theirs } = merged
  const base = box.git('merge-base', 'HEAD', theirs).trim()
  if (base === theirs) return merged
  if (base === box.head()) {
    box.git('merge', '-q', '--ff-only', theirs)
    await box.reopen()
    return merged
  }
  commitMerge(box, merged.files, theirs)
  await merged.pin?.()
  await box.reopen()
  return merged
}

/** Merges both ways, as two clones that meet. Afterwards both have one commit. */
export async function meet(a: TestVault, b: TestVault, options: MergeOptions = {}): Promise<void> {
  await merge(a, b, options)
  b.git('pull', '-q', '--ff-only', a.root, 'HEAD')
  await b.reopen()
}

function commitMerge(box: TestVault, files: VaultMerge['files'], theirs: string): void {
  for (const [path, bytes] of files) {
    if (bytes) box.write(path, bytes)
    else fs.rmSync(box.path(path), { force: true })
  }
  box.git('add', '-A')
  const tree = box.git('write-tree').trim()
  const message = ['-p', 'HEAD', '-p', theirs, '-m', 'Merge']
  const commit = box.git('commit-tree', tree, ...message).trim()
  execFileSync('git', ['update-ref', 'HEAD', commit], { cwd: box.root })
}

/** The state of a secret in the work tree. */
export async function stagesIn(box: TestVault, name = NAME): Promise<Stages> {
  return (await (await box.internal()).read()).secret(name).then(({ stages }) => stages)
}

/** The version that each label is on, by the start of its token. */
export async function labels(box: TestVault, name = NAME): Promise<Record<string, string>> {
  const { labels: found } = await stagesIn(box, name)
  return Object.fromEntries(
    [...found].map(([label, { version }]) => [label, version.replace(/-+$/, '')] as const).sort()
  )
}

/** The values of all versions, by the start of its token. Reading one checks its file. */
export async function values(box: TestVault, name = NAME): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {}
  for (const id of [...(await stagesIn(box, name)).versions.keys()].sort()) {
    const { SecretString } = await box.api.getSecretValue({ SecretId: name, VersionId: id })
    found[id.replace(/-+$/, '')] = SecretString
  }
  return found
}
