import { utf8 } from '../../core/format/canonical.js'
import type { Clock, Memory } from '../../core/ports.js'

const FILE = 'clock'
/** Corrections over the network move a clock by less. In milliseconds. */
const TOLERANCE = 60 * 60 * 1000

/**
 * Returns whether the clock was set, or the machine started, since a write of this clone: the time at which the machine
 * started, by its clock, is then another one. `undefined` if the clone has not written yet, or the machine does not tell.
 */
export async function clockChanged(memory: Memory, clock: Clock): Promise<boolean | undefined> {
  const start = startOf(clock)
  const noted = start === undefined ? undefined : parse(await memory.read(FILE))
  return start === undefined || noted === undefined ? undefined : !isSame(start, noted)
}

/**
 * Remembers the clock of a write. Returns whether it differs from that of the write before: of several writes at once, only
 * for the first.
 */
export async function noteClock(memory: Memory, clock: Clock): Promise<boolean> {
  const start = startOf(clock)
  if (start === undefined) return true
  if ((await clockChanged(memory, clock)) === false) return false
  let isNew = false
  await memory.update(FILE, present => {
    const noted = parse(present)
    isNew = noted === undefined || !isSame(start, noted)
    return isNew ? utf8(`${start}\n`) : undefined
  })
  return isNew
}

/** When the machine started, in milliseconds since the Unix epoch, by its clock. */
function startOf(clock: Clock): number | undefined {
  const uptime = clock.uptime?.()
  return uptime === undefined ? undefined : Math.round(clock.now() - uptime)
}

const isSame = (start: number, noted: number): boolean => Math.abs(start - noted) < TOLERANCE

/** A damaged file is as none. */
function parse(bytes: Uint8Array | undefined): number | undefined {
  const text = new TextDecoder().decode(bytes).trim()
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}
