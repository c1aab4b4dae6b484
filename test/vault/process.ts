import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { top } from './fixture.js'

export interface Driver {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  lines(): string[]
  /** The values of acknowledged puts, by VersionId. */
  acknowledged(): Map<string, string>
  errors(): string
}

/** Starts `driver.ts` in a separate process, which can be killed. */
export function startDriver(orders: Record<string, unknown>, options: SpawnOptions = {}): Driver {
  const child = spawn(process.execPath, [builtDriver(), JSON.stringify(orders)], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal }))
  )
  const lines = () => output.split('\n').slice(0, -1)
  const acknowledged = () =>
    new Map(
      lines().flatMap(line => {
        const [, versionId, value] = /^acknowledged (\S+) (.*)$/.exec(line) ?? []
        return versionId === undefined || value === undefined ? [] : [[versionId, value] as const]
      })
    )
  return { child, ended, lines, acknowledged, errors: () => errors }
}

let built: string | undefined

/** Bundles the driver into one file, so that it starts like the built program. Returns its path. */
export function builtDriver(): string {
  if (built !== undefined) return built
  built = bundle(new URL('driver.ts', import.meta.url), 'driver.mjs')
  fs.chmodSync(built, 0o644)
  return built
}

/** Bundles a program into one file, like the built one. Returns its path. */
export function bundle(entry: URL, name: string): string {
  const outfile = join(top, name)
  buildSync({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // as in the build of the library: see esbuild.config.js
    define: { __dirname: 'import.meta.dirname' },
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    },
    logLevel: 'warning'
  })
  return outfile
}

/** All paths below a folder, without the folder itself. */
export function walk(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...walk(path)] : [path]
  })
}
