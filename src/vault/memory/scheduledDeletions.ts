import { utf8 } from '../../core/format/canonical.js'
import type { Memory } from '../../core/ports.js'
import { parseTime, type Time } from '../../core/time.js'

/** The end of each secret's recovery window, by ARN. */
type Dates = ReadonlyMap<string, Time>

/**
 * The deletions that were scheduled through this clone, so that a write finds the due ones without reading the whole
 * vault. This is only a hint: the secret's own documents decide whether it is removed.
 */
export class ScheduledDeletions {
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  async schedule(added: readonly (readonly [arn: string, date: Time])[]): Promise<void> {
    await this.#update(dates => {
      for (const [arn, date] of added) dates.set(arn, date)
    })
  }

  /** Returns the ARNs of the secrets whose recovery window should have ended. */
  async due(now: Time): Promise<string[]> {
    const dates = parse(await this.#memory.read(FILE))
    return [...dates].flatMap(([arn, date]) => (date <= now ? [arn] : []))
  }

  /** Forgets the deletions that were handled. */
  async settle(arns: readonly string[], now: Time): Promise<void> {
    await this.#update(dates => {
      // one of them may have been scheduled again in the meantime
      for (const arn of arns) if ((dates.get(arn) ?? now) <= now) dates.delete(arn)
    })
  }

  #update(change: (dates: Map<string, Time>) => void): Promise<void> {
    return this.#memory.update(FILE, present => {
      const dates = new Map(parse(present))
      change(dates)
      return utf8(JSON.stringify(Object.fromEntries(dates)))
    })
  }
}

const FILE = 'deletions'

/** Reads a damaged file as empty: `git-vault gc` finds expired secrets without it. */
function parse(bytes: Uint8Array | undefined): Dates {
  if (!bytes) return new Map()
  try {
    const dates: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const entries = Object.entries(Object(dates) as Record<string, unknown>)
    return new Map(entries.filter((entry): entry is [string, Time] => isTime(entry[1])))
  } catch {
    return new Map()
  }
}

function isTime(time: unknown): time is Time {
  return typeof time === 'string' && parseTime(time) !== undefined
}
