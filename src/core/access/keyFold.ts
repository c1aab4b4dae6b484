import type { Binding, Generation, Key } from './access.js'
import type { FoldContext } from './foldContext.js'
import { WEAK_KEY } from '../crypto/identity.js'
import { isSoundBoxKey } from '../crypto/publicKeys.js'
import { decode, encode } from '../encoding.js'
import { shortHash } from '../sodium.js'

/** The keys and their name patterns while the access log is folded. Each method throws `DocumentRefused`. */
export class KeyFold {
  readonly keys = new Map<string, Key & { names: string[]; generations: Generation[] }>()
  readonly bindings: Binding[] = []
  readonly #context: FoldContext

  constructor(context: FoldContext) {
    this.#context = context
  }

  add(alias: string, patterns: readonly string[]): void {
    if (this.keys.has(alias)) this.#context.refuse(`key "${alias}" already exists`)
    this.keys.set(alias, { alias, names: [], generations: [] })
    this.bind(alias, patterns)
  }

  /** Moves name patterns to a key from whichever keys have them. */
  bind(alias: string, patterns: readonly string[]): void {
    const key = this.keys.get(alias) ?? this.#context.refuse(`names for an unknown key: ${alias}`)
    for (const other of this.keys.values())
      other.names.splice(0, Infinity, ...other.names.filter(name => !patterns.includes(name)))
    key.names.push(...new Set(patterns))
    const since = this.#context.entry
    this.bindings.push(...patterns.map(pattern => ({ pattern, key: alias, since })))
  }

  addGeneration(alias: string, number: string, text: string): void {
    const { entry, keyOwners, outdatedKeys } = this.#context
    const key = this.keys.get(alias)
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
