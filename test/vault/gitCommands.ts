import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { scratch } from './fixture.js'

/** Returns the commands of the git processes that `work` starts, such as `fast-import`, and their other arguments. */
export async function gitCommands(work: () => Promise<unknown>): Promise<string[]> {
  const folder = scratch('counting')
  const log = join(folder, 'log')
  const path = process.env['PATH']!
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" >>'${log}'\nexec '${git}' "$@"\n`
  fs.writeFileSync(join(folder, 'git'), script, { mode: 0o755 })
  process.env['PATH'] = `${folder}:${path}`
  try {
    await work()
  } finally {
    process.env['PATH'] = path
  }
  return fs.readFileSync(log, 'utf8').split('\n')
}
