import { VaultError } from '../core/errors.js'
import { unusableParts } from '../core/policy/unusable.js'
import { actionPattern, grant, resourcePattern } from '../core/policy/grant.js'
import { parsePolicy } from '../core/policy/policy.js'
import {
  checkCredential,
  formatCredentialFile,
  parseCredentialFile,
  usable,
  type StoredCredential
} from '../http/credentials.js'
import { open } from './open.js'
import { drawKeys } from './servedCredentials.js'
import { credentialPath, PrivateFile } from '../system/files/credentialFile.js'
import { systemClock } from '../system/files/clock.js'

export interface NewCredential {
  readonly directory: string
  readonly name: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** An IAM policy as text, instead of actions and resources. */
  readonly policy?: string
  /** A pair of keys that there is already. */
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Milliseconds since the Unix epoch, or from now. */
  readonly expires?: { readonly at: number } | { readonly after: number }
}

export interface MadeCredential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly path: string
  /** What of its policy can never match. */
  readonly futile: readonly string[]
}

/** What may be told of a credential at any time. */
export interface ShownCredential {
  readonly name: string
  readonly accessKeyId: string
  readonly created: string
  readonly expires?: string
  readonly hasExpired: boolean
  /** The statements of its policy, as they are stored. */
  readonly statements: readonly Readonly<Record<string, unknown>>[]
}

/** Makes a credential for the vault of a folder. Its secret is told here, and never again. */
export async function newCredential(request: NewCredential): Promise<MadeCredential> {
  const { name, actions, resources, policy } = request
  const now = systemClock.now()
  const expires =
    request.expires && ('at' in request.expires ? request.expires.at : now + request.expires.after)
  if (expires !== undefined && expires <= now)
    throw new VaultError('Usage', 'the credential would have expired already')
  const { file, account } = await fileOf(request.directory)
  const stored: StoredCredential = {
    name,
    ...(request.keys ?? drawKeys()),
    created: new Date(now).toISOString(),
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    policy: policy === undefined ? allowing(actions, resources, account) : parsed(policy)
  }
  checkCredential(stored)
  const futile = unusableParts(usable(stored).policy)
  await file.update(bytes => {
    const others = parseCredentialFile(bytes, file.path)
    const taken = others.find(other => other.name === name || other.accessKeyId === stored.accessKeyId)
    if (taken)
      throw new VaultError('Usage', `there is a credential ${taken.name} with this name or key already`, {
        hint: `git-vault credential rm ${taken.name}`
      })
    return formatCredentialFile([...others, stored])
  })
  const { accessKeyId, secretAccessKey } = stored
  return { name, accessKeyId, secretAccessKey, path: file.path, futile }
}

/** Never tells a secret. */
export async function listCredentials(directory: string): Promise<ShownCredential[]> {
  const { file } = await fileOf(directory)
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

/** Throws `Usage` where there is none of that name. */
export async function removeCredential(directory: string, name: string): Promise<void> {
  const { file } = await fileOf(directory)
  await file.update(bytes => {
    const all = parseCredentialFile(bytes, file.path)
    const others = all.filter(credential => credential.name !== name)
    if (others.length === all.length) throw new VaultError('Usage', `there is no credential ${name}`)
    return formatCredentialFile(others)
  })
}

async function fileOf(directory: string): Promise<{ file: PrivateFile; account: string }> {
  const vault = await open({ directory })
  const { access } = await vault.read()
  return { file: new PrivateFile(credentialPath(process.env, access.vaultId)), account: access.account }
}

/** Checked as text: of a member that stands there twice, JSON's own parser shows one. */
function parsed(policy: string): object {
  parsePolicy(policy, 'identity')
  return JSON.parse(policy) as object
}

/** Throws `Usage` for what no operation or no secret is called. */
export function allowing(actions: readonly string[], resources: readonly string[], account: string): object {
  const each = (texts: readonly string[], kind: string, patternOf: (text: string) => string | undefined) =>
    texts.map(text => {
      const pattern = patternOf(text)
      if (pattern !== undefined) return pattern
      throw new VaultError('Usage', `${JSON.stringify(text)} is no ${kind}`)
    })
  return grant(
    each(actions, 'action of Secrets Manager', actionPattern),
    each(resources, 'name or ARN of a secret', text => resourcePattern(text, account))
  )
}
