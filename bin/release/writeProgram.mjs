import { closeSync, fchmodSync, fsyncSync, openSync, writeFileSync } from 'node:fs'

/** Writes a file that can be run. It is complete, or it is not there: the caller renames it afterwards. */
export function writeProgram(path, bytes) {
  const file = openSync(path, 'w')
  try {
    writeFileSync(file, bytes)
    fchmodSync(file, 0o755)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
