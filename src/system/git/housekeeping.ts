import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { errno, readIfExists, removeIfExists } from '../files/files.js'
import type { Place } from './place.js'

/** A housekeeping of hours is not waited for: it deletes files only at its end. */
const WAIT_MS = 2_000
const POLL_MS = 3
/** `git gc` itself takes an older gc.pid for a leftover. */
const STALE_MS = 12 * 60 * 60 * 1000

/**
 * Keeps `git gc` out by holding its own lock, gc.pid, in git's way: until the returned function is called, it answers that
 * it is running already. For a write whose new objects were deleted again and again. Without the lock, such as if the running
 * one takes long, the write goes on all the same.
 */
export async function pauseHousekeeping({ commonDir }: Place): Promise<() => void> {
  const path = join(commonDir, 'gc.pid')
  const until = Date.now() + WAIT_MS
  do {
    try {
      if (!isHeld(path) && take(path)) return () => release(path)
    } catch {
      break // a read-only folder, for example
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  } while (Date.now() < until)
  return () => undefined
}

const holderText = (): string => `${process.pid} ${hostname()}`

/** Returns false if another process takes it at this moment. */
function take(path: string): boolean {
  const lock = `${path}.lock`
  try {
    fs.writeFileSync(lock, holderText(), { flag: 'wx' })
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
  // as in git: another process may have renamed its own since it was looked at
  if (isHeld(path)) {
    removeIfExists(lock)
    return false
  }
  fs.renameSync(lock, path)
  return true
}

function release(path: string): void {
  try {
    if (readIfExists(path)?.toString('utf8') === holderText()) removeIfExists(path)
  } catch {
    // git takes it for a leftover once this process has ended
  }
}

/** Whether the process that gc.pid names may be alive, by git's own rules. */
function isHeld(path: string): boolean {
  const stat = fs.statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || Date.now() - stat.mtimeMs > STALE_MS) return false
  const match = /^(\d{1,10}) (\S+)/.exec(readIfExists(path)?.toString('utf8') ?? '')
  if (match === null) return false
  if (match[2] !== hostname()) return true
  try {
    return process.kill(Number(match[1]), 0)
  } catch (error) {
    return errno(error) === 'EPERM'
  }
}
