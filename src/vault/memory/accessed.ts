import { utf8 } from '../../core/format/canonical.js'
import { encode } from '../../core/encoding.js'
import type { Memory } from '../../core/ports.js'
import { oneSpelling } from '../../core/partition.js'
import { hash } from '../../core/sodium.js'

/** The days, `YYYY-MM-DD` in UTC, when a secret and each of its versions were last read through this clone. */
export interface AccessDays {
  readonly secret?: string
  readonly versions: Readonly<Record<string, string>>
}

const NEVER: AccessDays = { versions: {} }

/** LastAccessedDate. Stored in the git directory and never committed, because a read must not be a write. */
export class Accessed {
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  async of(arn: string): Promise<AccessDays> {
    return parse(await this.#memory.read(file(arn)))
  }

  /**
   * Writes nothing if the version was already read on that day.
   * @param now milliseconds since the Unix epoch
   */
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
  return `accessed/${encode(hash(utf8(oneSpelling(arn))))}`
}

/** Reads a damaged file as empty. Nothing depends on it, and the next read writes it again. */
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

/** Returns a day as the service does: midnight in UTC. */
export function dayDate(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`)
}
