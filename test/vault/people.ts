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

/** A person with their own identity, other than the user of the test file. */
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

  /** Opens the vault as this person. */
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

  /** Calls one operation as this person. */
  async call<Name extends OperationName>(box: TestVault, name: Name, input: object) {
    return call(await this.open(box), name, input)
  }
}

export async function newPerson(name: string): Promise<Person> {
  await sodiumReady
  return new Person(name, systemRandom.bytes(32))
}

type Right = 'decrypt' | 'encrypt' | 'manage'

/** Parses rights by key, such as `{ default: 'decrypt encrypt' }`. */
export function rights(on: Readonly<Record<string, string>>): Rights {
  return new Map(
    Object.entries(on).map(([key, list]) => [key, list.split(' ') as [Right, ...Right[]]] as const)
  )
}

/** Adds a new member to the vault, as its admin. */
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
