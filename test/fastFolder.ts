import * as fs from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** In bytes, for all test files that run at the same time. */
const ENOUGH = 4 * 2 ** 30

/**
 * Creates a folder for a test's files. It is in memory if there is room: each write of git-vault and of git waits for the
 * disk several times, and most tests are not about that. TMPDIR, if it is set, is used instead.
 */
export function fastFolder(prefix: string): string {
  return fs.realpathSync(
    fs.mkdtempSync(join(process.env['TMPDIR'] ?? (hasRoom() ? MEMORY : tmpdir()), prefix))
  )
}

/** Creates a folder for a test that needs a disk, or files of a program that runs without this storage in memory. */
export const diskFolder = (prefix: string): string => fs.realpathSync(fs.mkdtempSync(join(tmpdir(), prefix)))

function hasRoom(): boolean {
  if (!fs.existsSync(MEMORY)) return false
  const { bavail, bsize } = fs.statfsSync(MEMORY)
  return Math.min(bavail * bsize, freemem()) >= ENOUGH
}
