import type { Binding, Generation, Key } from './access.js'
import type { FoldContext } from './foldContext.js'
import { WEAK_KEY } from '../crypto/identity.js'
import { isSoundBoxKey } from '../crypto/publicKeys.js'
import { decode, encode } from '../encoding.js'
import { LOG_LIMITS } from '../format/limits.js'
import { shortHash } from '../sodium.js'

/** A `Key` that later entries may still change. */
interface MutableKey {
  readonly alias: string
  readonly names: Set<string>
  readonly generations: Generation[]
}

/** The keys and their name patterns while the access log is folded. Each method throws `DocumentRefused`. */
export class KeyFold {
  readonly bindings: Binding[]
  readonly #keys = new Map<string, MutableKey>()
  /** The key that has each pattern. */
  readonly #owners = new Map<string, MutableKey>()
  readonly #context: FoldContext

  /** @param from the keys to go on from, which are not changed */
  constructor(context: FoldContext, from?: KeyFold) {
    this.#context = context
    this.bindings = [...(from?.bindings ?? [])]
    for (const [alias, { names, generations }] of from ? from.#keys : []) {
      const key = { alias, names: new Set(names), generations: [...generations] }
      this.#keys.set(alias, key)
      for (const pattern of names) this.#owners.set(pattern, key)
    }
  }

  has(alias: string): boolean {
    return this.#keys.has(alias)
  }

  /** The keys, once all entries are applied. */
  result(): Map<string, Key> {
    const keys = new Map<string, Key>()
    for (const [alias, { names, generations }] of this.#keys) {
      if (generations.length === 0) this.#context.refuse(`key "${alias}" has no generation`)
      keys.set(alias, { alias, names: [...names], generations })
    }
    return keys
  }

  add(alias: string, patterns: readonly string[]): void {
    if (this.#keys.has(alias)) this.#context.refuse(`key "${alias}" already exists`)
    this.#keys.set(alias, { alias, names: new Set(), generations: [] })
    if (this.#keys.size > LOG_LIMITS.keys)
      this.#context.refuse(`the log has more than ${LOG_LIMITS.keys} keys`)
    this.bind(alias, patterns)
  }

  /** Moves name patterns to a key from whichever keys have them. */
  bind(alias: string, patterns: readonly string[]): void {
    const key = this.#keys.get(alias) ?? this.#context.refuse(`names for an unknown key: ${alias}`)
    const since = this.#context.entry
    for (const pattern of patterns) {
      this.#owners.get(pattern)?.names.delete(pattern)
      this.#owners.set(pattern, key)
      key.names.add(pattern)
      this.bindings.push({ pattern, key: alias, since })
    }
    if (key.names.size > LOG_LIMITS.names)
      this.#context.refuse(`key "${alias}" has more than ${LOG_LIMITS.names} name patterns`)
  }

  addGeneration(alias: string, number: string, text: string): void {
    const { entry, keyOwners, outdatedKeys } = this.#context
    const key = this.#keys.get(alias)
    const publicKey = decode(text, 32)
    if (!key || !publicKey)
      return this.#context.refuse(`a generation of an unknown key, or with a damaged public key: ${alias}`)
    if (!isSoundBoxKey(publicKey))
      this.#context.refuse(`generation ${number} of key "${alias}" has ${WEAK_KEY}`)
    if (number !== String(key.generations.length + 1))
      this.#context.refuse(`generation ${number} of key "${alias}" is out of order`)
    const recipient = encode(shortHash(publicKey))
    for (const known of [recipient, encode(publicKey)]) {
      if (keyOwners.has(known)) this.#context.refuse(`a public key of key "${alias}" is already in the log`)
      keyOwners.set(known, alias)
    }
    key.generations.push({ number, publicKey, recipient, since: entry })
    outdatedKeys.delete(alias)
  }
}
