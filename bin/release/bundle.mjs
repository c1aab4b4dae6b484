// Makes the executables: esbuild bundles all of git-vault into one file, and Bun's compiler adds it to Bun.
import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { commonOptions, root, wasmFrom } from '../bundling.mjs'
import { ending, ownTarget, runtime } from './runtimes.mjs'

const BUNDLE = 'git-vault.cjs'

/** Writes the bundle into a folder. Returns what esbuild says about its parts. */
export async function bundleExecutable(folder) {
  const { metafile } = await build({
    ...commonOptions,
    entryPoints: { 'git-vault': join(root, 'bin/release/executable.mjs') },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { ...commonOptions.define, GIT_VAULT_EXECUTABLE: 'true' },
    // optional parts of the clients of the databases, which these do without
    external: ['pg-native', 'cloudflare:sockets'],
    plugins: [wasmInSource(), ownClients()]
  })
  return metafile
}

/**
 * Compiles the bundle in a folder to an executable for a platform.
 *
 * By default such a program reads `.env` and `bunfig.toml` in the current folder, which anyone who can push to the repository
 * may have written, and the second can name code to run.
 */
export function compile(folder, target, output) {
  const made = join(folder, `git-vault${ending(target)}`)
  const options = ['--compile', '--bytecode', '--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig']
  const cross = [`--target=bun-${target}`, `--compile-executable-path=${runtime(target)}`]
  // the names of its files are in the executable: the same names make the same bytes
  execFileSync(runtime(ownTarget), ['build', ...options, ...cross, BUNDLE, '--outfile', 'git-vault'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  renameSync(made, output)
}

/** The executable has no file beside it. */
function wasmInSource() {
  return wasmFrom(base64 => `new Uint8Array(Buffer.from("${base64}","base64"))`)
}

/** The clients of the databases are in the executable, too. */
function ownClients() {
  return {
    name: 'own clients',
    setup({ onResolve }) {
      const clients = join(root, 'bin/release/clients.cjs')
      onResolve({ filter: /^\.{1,2}\/(?:.*\/)?packages\.js$/ }, ({ importer }) =>
        importer.startsWith(join(root, 'src')) ? { path: clients } : undefined
      )
    }
  }
}
