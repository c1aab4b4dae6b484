/**
 * Work on one file, in steps. Each `yield` is the cost of the step before it, in units. A unit is about what
 * one line of YAML costs: a few microseconds.
 */
export type Steps<T> = Generator<number, T, void>

/** What this process has done so far. For tests: they count the cost of a file and need no clock. */
export const meter = {
  units: 0,
  /** The most units between two pauses of one `inTurns`. */
  longestTurn: 0
}

/** Units after which other work may run: 20 to 50 ms. */
export const TURN = 10_000

/** Adds work that is not in steps to the meter. */
export function count(units: number): void {
  meter.units += units
}

/** Runs all steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    count(value)
  }
}

/** Returns a function that counts work between awaits, and pauses after each `TURN` units, as `inTurns` does. */
export function turns(): (units: number) => Promise<void> | undefined {
  let turn = 0
  return units => {
    turn += units
    if (turn < TURN) return undefined
    turn = 0
    return pause()
  }
}

const pause = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/**
 * Runs all steps, and pauses after each `TURN` units, so that a server that reads one large file goes on
 * answering. Never pauses for a small file.
 */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let turn = 0
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    count(value)
    turn += value
    meter.longestTurn = Math.max(meter.longestTurn, turn)
    if (turn < TURN) continue
    turn = 0
    await pause()
  }
}
