// What the builds of esbuild.config.js and of release.mjs have in common.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export const commonOptions = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  define: { GIT_VAULT_VERSION: JSON.stringify(version), GIT_VAULT_SOURCES: JSON.stringify(hashOfSources()) },
  // yaml's other build is CommonJS, which cannot be bundled into an ES module.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // These are loaded from node_modules, by the few commands that need them.
  external: ['inquirer', 'libsodium-wrappers-sumo', 'shamir-secret-sharing', 'simple-git'],
  metafile: true,
  logLevel: 'warning'
}

/**
 * Replaces libsodium's base64 decoding by `expression(base64)` and changes nothing else in the package. Fails
 * the build if the package's loop is not the expected one, or if it decodes to other bytes than Buffer does.
 */
export function wasmFrom(expression) {
  return {
    name: 'wasm',
    setup({ onLoad }) {
      onLoad({ filter: /node_modules\/libsodium\/.*\.mjs$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const [call, decoder, base64] =
          /(\(A=>\{for\(var I,g,C=0,B=0,Q=\d+,[^}]*return E\}\))\("([A-Za-z0-9+/=]+)"\)/.exec(source) ?? []
        if (call === undefined) throw new Error(`${path} does not decode its WebAssembly as expected`)
        const table =
          'n=new Uint8Array(123);for(let q=25;q>=0;--q)n[48+q]=52+q,n[65+q]=q,n[97+q]=26+q;n[43]=62;n[47]=63'
        // oxlint-disable-next-line typescript/no-implied-eval -- the package's own decoder, at build time, to compare
        const expected = new Function(`const ${table};return ${decoder}`)()(base64)
        if (Buffer.compare(expected, Buffer.from(base64, 'base64')) !== 0)
          throw new Error(`${path} decodes its WebAssembly to other bytes than Buffer does`)
        return { contents: source.replace(call, () => expression(base64)), loader: 'js' }
      })
    }
  }
}

/** Identifies the code: what a clone has verified is valid for one build. */
function hashOfSources() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true }).filter(file =>
    file.isFile()
  )
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort()
  const hash = createHash('sha256')
  for (const path of paths) hash.update(readFileSync(path))
  return hash.digest('hex').slice(0, 16)
}

/** Returns the packages with code in the bundles, each with the folder that it is in. */
export function packagesOf(metafiles) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  )
  const folders = new Set(
    used.flatMap(path => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [])
  )
  return [...folders].sort().map(path => {
    const folder = join(root, path)
    const { name, version: number, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return { name, version: number, license, folder }
  })
}

/**
 * Returns the licences of all packages with code in the bundles. Throws if a package has no licence file.
 * @param texts of licences, by package, in place of a file that a package leaves out
 */
export function licences(metafiles, texts = {}) {
  const all = packagesOf(metafiles).map(({ name, version: number, license, folder }) => {
    const file = readdirSync(folder).find(entry => /^(?:licen[cs]e|copying)(?:\.|$)/i.test(entry))
    const text = file === undefined ? texts[name] : readFileSync(join(folder, file), 'utf8')
    if (text === undefined) throw new Error(`${name} is bundled but has no licence file`)
    return `${name} ${number} (${license})\n\n${text.trim()}\n`
  })
  return `git-vault contains code of these packages.\n\n${all.join(`\n${'-'.repeat(80)}\n\n`)}`
}
