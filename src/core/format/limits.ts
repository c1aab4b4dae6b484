/** A kind of document. */
export type Kind = 'access' | 'key' | 'secret' | 'stages' | 'version' | 'replica' | 'identity' | 'vaultrc'

/** The limits of a file of one kind: FORMAT.md, "Limits". */
export interface Caps {
  readonly bytes: number
  /** Line feeds. If absent, any number. */
  readonly lines?: number
  /** Collections inside collections. */
  readonly depth: number
}

export const CAPS: Readonly<Record<Kind, Caps>> = {
  access: { bytes: 4 << 20, lines: 131_072, depth: 7 },
  key: { bytes: 1 << 20, lines: 16_384, depth: 4 },
  secret: { bytes: 256 << 10, lines: 8_192, depth: 4 },
  stages: { bytes: 1 << 20, lines: 32_768, depth: 4 },
  version: { bytes: 256 << 10, lines: 4_096, depth: 4 },
  replica: { bytes: 4 << 10, lines: 256, depth: 1 },
  identity: { bytes: 4 << 10, lines: 256, depth: 2 },
  vaultrc: { bytes: 4 << 10, lines: 256, depth: 2 }
}

/** The limits of a file that is not in the plain form (FORMAT.md, "Limits"). */
export const OTHER_FORM = { characters: 1 << 20, tokens: 10_000 } as const

/** The characters of a map's key, as written: YAML's own limit. */
export const MAX_KEY = 1024

/** The limits of an access log. The schema has those of one entry and of one change. */
export const LOG_LIMITS = {
  entries: 5_000,
  /** Former members included. */
  members: 5_000,
  keys: 1_000,
  /** Name patterns of one key. */
  names: 1_000,
  drillSignatures: 2_000
} as const
