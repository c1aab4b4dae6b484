import type { OperationName } from '../../src/core/generated/operations.js'
import { formatSecret, identityFromSeed, type Identity } from '../../src/core/crypto/identity.js'
import { sodiumReady } from '../../src/core/sodium.js'
import { open } from '../../src/app/open.js'
import { call } from '../../src/operations/call.js'
import { systemRandom } from '../../src/system/files/random.js'
import type { Rights } from '../../src/core/access/access.js'
import { addMember } from '../../src/vault/team/team.js'
import type { Vault } from '../../src/vault/vault.js'
import type { TestVault } from './fixture.js'

/** Somebody with an identity of their own, who is not the user of the test file. */
export class Person {
  readonly name: string
  readonly identity: Identity
  /** The secret string. */
  readonly secret: string

  constructor(name: string, seed: Uint8Array) {
    this.name = name
    this.identity = identityFromSeed(seed)
    this.secret = formatSecret(seed)
  }

  get publicKey(): string {
    return this.identity.public.text
  }

  /** The vault as they have it open. */
  async open(box: TestVault): Promise<Vault> {
    process.env['GIT_VAULT_IDENTITY'] = this.secret
    try {
      const vault = await open(box.options)
      await vault.identity()
      return vault
    } finally {
      delete process.env['GIT_VAULT_IDENTITY']
    }
  }

  /** One operation as they would call it. */
  async call<Name extends OperationName>(box: TestVault, name: Name, input: object) {
    return call(await this.open(box), name, input)
  }
}

export async function newPerson(name: string): Promise<Person> {
  await sodiumReady
  return new Person(name, systemRandom.bytes(32))
}

type Right = 'decrypt' | 'encrypt' | 'manage'

/** Rights by key, as `default: decrypt encrypt` has them. */
export function rights(on: Readonly<Record<string, string>>): Rights {
  return new Map(
    Object.entries(on).map(([key, list]) => [key, list.split(' ') as [Right, ...Right[]]] as const)
  )
}

/** A member of the vault, admitted by its admin. */
export async function admit(
  box: TestVault,
  name: string,
  on: Readonly<Record<string, string>>,
  admin = false
): Promise<Person> {
  const person = await newPerson(name)
  const { publicKey } = person
  await addMember(await box.internal(), { name, publicKey, admin, rights: rights(on) })
  return person
}
