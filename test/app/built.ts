import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const PROGRAM = join(root, 'bin/git-vault.js')

/** Builds the program, unless dist/ is newer than the source. */
export function buildIfStale(): void {
  const built = statSync(join(root, 'dist/cli.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (newest(join(root, 'src')) > built) execFileSync(process.execPath, ['esbuild.config.js'], { cwd: root })
}

function newest(path: string): number {
  const own = statSync(path)
  if (!own.isDirectory()) return own.mtimeMs
  return Math.max(0, ...readdirSync(path).map(name => newest(join(path, name))))
}
