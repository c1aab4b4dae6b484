// Bundles all of git-vault into one CommonJS file, from which Bun's compiler makes the executable.
import { join } from 'node:path'
import { build } from 'esbuild'
import { commonOptions, root, wasmFrom } from '../bundling.mjs'

/** Writes `executable.cjs` into the folder. Returns what esbuild says about its parts. */
export async function bundleExecutable(folder) {
  const { metafile } = await build({
    ...commonOptions,
    entryPoints: { executable: join(root, 'bin/release/executable.mjs') },
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

/** The executable has no file beside it. */
function wasmInSource() {
  return wasmFrom(base64 => `new Uint8Array(Buffer.from("${base64}","base64"))`)
}

function ownClients() {
  return {
    name: 'own clients',
    setup({ onResolve }) {
      onResolve({ filter: /\/packages\.js$/ }, ({ importer }) =>
        importer.includes('/src/') ? { path: join(root, 'bin/release/clients.cjs') } : undefined
      )
    }
  }
}
