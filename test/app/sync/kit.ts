import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { sync } from '../../../src/app/sync/sync.js'
import type { Synced, SyncOptions } from '../../../src/app/sync/types.js'
import { open } from '../../../src/app/open.js'
import type { Finding } from '../../../src/vault/verify/findings.js'
import { verify } from '../../../src/vault/verify/verify.js'
import { verifyRange } from '../../../src/vault/verify/verifyRange.js'
import type { Vault } from '../../../src/vault/vault.js'
import { trust } from '../../../src/app/trust.js'
import { makeVault, scratch, TestVault } from '../../vault/fixture.js'
import type { Person } from '../../vault/people.js'

export const dialogue = { mayAsk: false }

/** Made once for a test file, and copied for each test: making one takes ten times as long. */
const templates = new Map<'tests' | 'given', Promise<{ hub: string; ana: TestVault }>>()

/**
 * A bare repository, and a clone that has pushed a vault with the secrets `db` and `web` to it. It is the same vault in each
 * call.
 * @param time of the clone's clock; left out, that of all tests
 */
export async function hubAndVault(time?: number): Promise<{ hub: string; ana: TestVault }> {
  const kind = time === undefined ? 'tests' : 'given'
  let template = await templates.get(kind)
  if (!template || template.ana.clock.time > (time ?? Infinity)) {
    templates.set(kind, anotherHubAndVault(time))
    template = (await templates.get(kind))!
  }
  const folder = scratch('hub')
  const [hub, root] = [join(folder, 'hub.git'), join(folder, 'work')]
  for (const [from, to] of [
    [template.hub, hub],
    [template.ana.root, root]
  ] as const)
    fs.cpSync(from, to, { recursive: true, preserveTimestamps: true })
  const ana = new TestVault(root, template.ana.made)
  ana.clock.time = time ?? template.ana.clock.time
  ana.git('remote', 'set-url', 'origin', hub)
  await ana.reopen()
  return { hub, ana }
}

/** As `hubAndVault`, with another vault than in all other calls. */
export async function anotherHubAndVault(time?: number): Promise<{ hub: string; ana: TestVault }> {
  const hub = join(scratch('hub'), 'hub.git')
  execFileSync('git', ['init', '-q', '--bare', hub])
  const ana = await makeVault('ana')
  ana.clock.time = time ?? ana.clock.time
  ana.git('remote', 'add', 'origin', hub)
  for (const Name of ['db', 'web']) await ana.api.createSecret({ Name, SecretString: `${Name} one` })
  await syncOf(ana)
  return { hub, ana }
}

/** A clone of the hub that trusts the vault. */
export async function cloneHub(hub: string, of: TestVault, ...args: string[]): Promise<TestVault> {
  const root = join(scratch('clone'), 'work')
  execFileSync('git', ['clone', '-q', ...args, hub, root], { stdio: 'pipe' })
  const clone = new TestVault(root, of.made)
  clone.clock.time = of.clock.time
  await trust(root, of.made.root)
  await clone.reopen()
  return clone
}

/** As `hubAndVault`, with a file outside the vault, and a second clone that has it. */
export async function hubWithFile(
  path: string,
  text: string
): Promise<{ hub: string; ana: TestVault; bob: TestVault }> {
  const { hub, ana } = await hubAndVault()
  ana.write(path, text)
  ana.git('add', '.')
  ana.git('commit', '-qm', 'code')
  await syncOf(ana)
  return { hub, ana, bob: await cloneHub(hub, ana) }
}

/** Syncs as the user of the test file, or as a person. */
export async function syncOf(
  box: TestVault,
  options: Partial<SyncOptions> = {},
  person?: Person
): Promise<Synced> {
  const vault = await openAs(box, person)
  try {
    return await sync(vault, { directory: box.root, dialogue, ...options })
  } finally {
    await vault.close()
  }
}

export const openAs = (box: TestVault, person?: Person): Promise<Vault> =>
  person ? person.open(box) : open(box.options)

let number = 0

export async function put(box: TestVault, SecretId: string, SecretString: string): Promise<string> {
  // clones that write at the same time have different clocks
  box.clock.advance(1000 + ++number)
  return (await box.api.putSecretValue({ SecretId, SecretString })).VersionId ?? ''
}

export async function value(
  box: TestVault,
  SecretId: string,
  VersionId?: string
): Promise<string | undefined> {
  const version = VersionId === undefined ? {} : { VersionId }
  return (await box.api.getSecretValue({ SecretId, ...version })).SecretString
}

/** The problems that `verify` finds in the work tree, and `verify --range` in all commits since `from`. */
export async function problems(box: TestVault, from: string): Promise<string[]> {
  const found: string[] = []
  const reportFinding = async ({ kind, path, reason }: Finding): Promise<void> => {
    if (kind === 'problem') found.push(`${path}: ${reason}`)
  }
  const vault = await open(box.options)
  await verify(vault, { reportFinding })
  await verifyRange(vault, { range: `${from}..HEAD`, reportFinding, reportCommit: async () => undefined })
  await vault.close()
  return found
}

export const tree = (box: TestVault): string => box.git('rev-parse', 'HEAD^{tree}').trim()
