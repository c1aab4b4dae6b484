import type { Access } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { unusableParts } from '../core/policy/unusable.js'
import { actionPattern, grant, resourcePattern } from '../core/policy/grant.js'
import { partitionOf } from '../core/partition.js'
import { parsePolicy } from '../core/policy/policy.js'
import {
  checkCredential,
  formatCredentialFile,
  parseCredentialFile,
  parseCredential,
  type StoredCredential
} from '../http/credentials.js'
import { open } from './open.js'
import { generateAccessKey } from '../system/files/accessKey.js'
import { credentialPath, PrivateFile } from '../system/files/credentialFile.js'
import { refuseCommittable } from '../system/git/committable.js'
import { systemClock } from '../system/files/clock.js'

export interface NewCredential {
  readonly directory: string
  readonly name: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** An IAM policy as text, instead of actions and resources. */
  readonly policy?: string
  /** An existing access key to use; by default a new one is generated. */
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Milliseconds: `at` since the Unix epoch, or `after` from now. */
  readonly expires?: { readonly at: number } | { readonly after: number }
}

export interface CreatedCredential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly path: string
  /** Descriptions of the parts of its policy that can never match. */
  readonly unusable: readonly string[]
}

/** A credential without its secret access key. */
export interface CredentialSummary {
  readonly name: string
  readonly accessKeyId: string
  readonly created: string
  readonly expires?: string
  readonly hasExpired: boolean
  /** The statements of its policy, as they are stored. */
  readonly statements: readonly Readonly<Record<string, unknown>>[]
}

/**
 * Creates a credential for the vault of a folder. Its secret access key is returned only here. Throws `Usage`
 * for an invalid request, or if the name or access key id is taken, and `FileFailed` if git could commit the
 * credentials file.
 */
export async function newCredential(request: NewCredential): Promise<CreatedCredential> {
  const { name, actions, resources, policy } = request
  const now = systemClock.now()
  const expires =
    request.expires && ('at' in request.expires ? request.expires.at : now + request.expires.after)
  if (expires !== undefined && expires <= now)
    throw new VaultError('Usage', `the expiry is in the past: ${new Date(expires).toISOString()}`)
  const { file, access } = await openFile(request.directory)
  await refuseCommittable(file.path, 'the credentials file')
  const stored: StoredCredential = {
    name,
    ...(request.keys ?? generateAccessKey()),
    created: new Date(now).toISOString(),
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    policy: policy === undefined ? policyAllowing(actions, resources, access) : checkedPolicy(policy)
  }
  checkCredential(stored)
  const unusable = unusableParts(parseCredential(stored).policy)
  await file.update(bytes => {
    const others = parseCredentialFile(bytes, file.path)
    const taken = others.find(other => other.name === name || other.accessKeyId === stored.accessKeyId)
    if (taken)
      throw new VaultError('Usage', `credential "${taken.name}" already has this name or access key id`, {
        hint: `git-vault credential rm ${taken.name}`
      })
    return formatCredentialFile([...others, stored])
  })
  const { accessKeyId, secretAccessKey } = stored
  return { name, accessKeyId, secretAccessKey, path: file.path, unusable }
}

/** The credentials of the vault of a folder, without their secrets. */
export async function listCredentials(directory: string): Promise<CredentialSummary[]> {
  const { file } = await openFile(directory)
  return parseCredentialFile(file.read(), file.path).map(stored => {
    const { name, accessKeyId, created, expires } = stored
    return {
      name,
      accessKeyId,
      created,
      ...(expires === undefined ? {} : { expires }),
      hasExpired: expires !== undefined && Date.parse(expires) <= systemClock.now(),
      statements: statementsOf(stored)
    }
  })
}

function statementsOf({ policy }: StoredCredential): Readonly<Record<string, unknown>>[] {
  const { Statement } = policy as { Statement?: unknown }
  return [Statement].flat().filter(one => typeof one === 'object' && one !== null) as Record<
    string,
    unknown
  >[]
}

/** Throws `Usage` if no credential has that name. */
export async function removeCredential(directory: string, name: string): Promise<void> {
  const { file } = await openFile(directory)
  await file.update(bytes => {
    const all = parseCredentialFile(bytes, file.path)
    const others = all.filter(credential => credential.name !== name)
    if (others.length === all.length) throw new VaultError('Usage', `credential "${name}" does not exist`)
    return formatCredentialFile(others)
  })
}

async function openFile(directory: string): Promise<{ file: PrivateFile; access: Access }> {
  const vault = await open({ directory })
  const { access } = await vault.read()
  return { file: new PrivateFile(credentialPath(process.env, access.vaultId)), access }
}

/** Parses a policy. Checks its text, because `JSON.parse` hides a repeated member. */
function checkedPolicy(policy: string): object {
  parsePolicy(policy, 'identity')
  return JSON.parse(policy) as object
}

/** An IAM policy that allows the actions on the resources. Throws `Usage` for an invalid action or resource. */
export function policyAllowing(
  actions: readonly string[],
  resources: readonly string[],
  { account, region }: { readonly account: string; readonly region: string }
): object {
  const each = (texts: readonly string[], kind: string, patternOf: (text: string) => string | undefined) =>
    texts.map(text => {
      const pattern = patternOf(text)
      if (pattern !== undefined) return pattern
      throw new VaultError('Usage', `${JSON.stringify(text)} is not ${kind}`)
    })
  return grant(
    each(actions, 'an action of Secrets Manager', actionPattern),
    each(resources, 'a secret name or ARN', text => resourcePattern(text, account, partitionOf(region)))
  )
}
