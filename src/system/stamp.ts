import * as fs from 'node:fs'
import { errno } from './files/files.js'

/**
 * A file that was written this shortly before its stamp was taken may change again without changing the stamp: file times
 * advance in steps of up to 10 ms (git has the same rule for its index).
 */
const RACY_NS = 20_000_000n
/** Some file systems store whole seconds only, FAT even seconds. */
const RACY_COARSE_NS = 2_000_000_000n
const SECOND_NS = 1_000_000_000n

/**
 * `undefined` if the path does not exist. If a folder above is replaced, by a link or by another folder, the file's stamp
 * differs, because the file is then another one.
 */
export type Stamp = fs.BigIntStats | undefined

/** Returns the file's stamp. */
export function stampOf(path: string): Stamp {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (errno(error) === 'ENOTDIR' || errno(error) === 'ENAMETOOLONG') return undefined
    throw error
  }
}

export function isSame(a: Stamp, b: Stamp): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  )
}

/** Whether a later change of the file might not change its stamp. */
export function isRacy(stamp: fs.BigIntStats): boolean {
  const isCoarse = stamp.ctimeNs % SECOND_NS === 0n
  return stamp.ctimeNs + (isCoarse ? RACY_COARSE_NS : RACY_NS) > BigInt(Date.now()) * 1_000_000n
}
