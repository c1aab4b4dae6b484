import { utf8 } from '../../core/format/canonical.js'
import { encode } from '../../core/encoding.js'
import type { Memory } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'

/** Days, `YYYY-MM-DD` in UTC, on which a secret and each of its versions were last read through this clone. */
export interface AccessDays {
  readonly secret?: string
  readonly versions: Readonly<Record<string, string>>
}

const NEVER: AccessDays = { versions: {} }

/** LastAccessedDate: kept beside git and never committed, for a read must not be a write. */
export class Accessed {
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  async of(arn: string): Promise<AccessDays> {
    return parse(await this.#memory.read(file(arn)))
  }

  /** Writes only when the day is a new one. */
  async record(arn: string, versionId: string, now: number): Promise<void> {
    const day = new Date(now).toISOString().slice(0, 10)
    const days = await this.of(arn)
    if (days.secret === day && days.versions[versionId] === day) return
    await this.#memory.update(file(arn), present => {
      const versions = { ...parse(present).versions, [versionId]: day }
      return utf8(JSON.stringify({ secret: day, versions }))
    })
  }
}

function file(arn: string): string {
  return `accessed/${encode(hash(utf8(arn)))}`
}

/** A damaged file says nothing of any day, and nothing depends on it: the next read writes it anew. */
function parse(bytes: Uint8Array | undefined): AccessDays {
  if (!bytes) return NEVER
  let days: unknown
  try {
    days = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return NEVER
  }
  const { secret, versions } = Object(days) as { secret?: unknown; versions?: unknown }
  const known = Object.entries(Object(versions)).filter(([, day]) => isDay(day))
  return {
    ...(isDay(secret) ? { secret } : {}),
    versions: Object.fromEntries(known) as Record<string, string>
  }
}

function isDay(day: unknown): day is string {
  return typeof day === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(day)
}

/** A day as the service gives it: a date without a time. */
export function dayDate(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`)
}
