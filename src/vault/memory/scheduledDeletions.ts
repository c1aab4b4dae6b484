import { utf8 } from '../../core/format/canonical.js'
import type { Memory } from '../../core/ports.js'
import { parseTime, type Time } from '../../core/time.js'

/** From a secret's ARN to when its recovery window ends. */
type Dates = ReadonlyMap<string, Time>

/**
 * What was scheduled for deletion through this clone, so that a write finds what is due without looking through the
 * vault. Nothing is removed because it stands here: the secret's own documents decide.
 */
export class ScheduledDeletions {
  readonly #memory: Memory

  constructor(memory: Memory) {
    this.#memory = memory
  }

  async schedule(arn: string, date: Time): Promise<void> {
    await this.#update(dates => dates.set(arn, date))
  }

  /** The ARNs of those whose recovery window should have passed. */
  async due(now: Time): Promise<string[]> {
    const dates = parse(await this.#memory.read(FILE))
    return [...dates].flatMap(([arn, date]) => (date <= now ? [arn] : []))
  }

  /** Those that are seen to. */
  async settle(arns: readonly string[], now: Time): Promise<void> {
    await this.#update(dates => {
      // one of them may have been scheduled anew meanwhile
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

/** A damaged file says nothing: what it has forgotten, `git-vault gc` still finds. */
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
