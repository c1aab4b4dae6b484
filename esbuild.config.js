// Bundles the command line and the library into dist/. What is on the way of every command is put in
// (loading it from node_modules would cost more than running it); what is loaded only now and then, to
// prompt, to talk to remotes or to filter output, stays a dependency.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))
const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

rmSync(join(root, 'dist'), { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  // Each dynamic import becomes a file of its own, so --help reads only what it prints.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  // Error names and stacks are read by people.
  keepNames: false,
  legalComments: 'none',
  // The same parser as ES modules: the build for node is CommonJS, which keeps all of it and asks for
  // `require`, which a bundle of ES modules does not have.
  alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
  plugins: [{ name: 'libsodium', setup: fasterLibsodium }],
  external: Object.keys(dependencies),
  define: { GIT_VAULT_VERSION: JSON.stringify(version) },
  metafile: true,
  logLevel: 'warning'
})
writeFileSync(join(root, 'dist/THIRD_PARTY_LICENSES.txt'), licences(metafile))

/**
 * libsodium carries its WebAssembly as base64 and decodes it letter by letter, which takes longer than all of
 * our own code; Buffer does it at once. Where the file is not as it was known, the build stops.
 */
function fasterLibsodium({ onLoad }) {
  onLoad({ filter: /modules-esm[\\/]libsodium\.mjs$/ }, ({ path }) => {
    const source = readFileSync(path, 'utf8')
    const decoding =
      /\(\w+=>\{for\([^{}]*?new Uint8Array\((\d+)-[^{}]*?\breturn \w+\}\)\("(AGFzbQ[\w+/=]*)"\)/g
    const [found, ...more] = source.matchAll(decoding)
    const wasm = Buffer.from(found?.[2] ?? '', 'base64')
    const padding = /=*$/.exec(found?.[2] ?? '')[0].length
    if (more.length > 0 || wasm.length !== Number(found?.[1]) - padding || !WebAssembly.validate(wasm)) {
      throw new Error('libsodium no longer holds its WebAssembly as esbuild.config.js knows it')
    }
    return { contents: source.replace(found[0], () => `Buffer.from("${found[2]}","base64")`), loader: 'js' }
  })
}

/** The licence of every package that has code in the bundle. One without a licence file fails the build. */
function licences({ inputs, outputs }) {
  const used = new Set(Object.values(outputs).flatMap(output => Object.keys(output.inputs)))
  const packages = new Map()
  for (const path of Object.keys(inputs)) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
    if (folder !== undefined && used.has(path)) packages.set(folder, join(root, folder))
  }
  const texts = [...packages].sort().map(([name, folder]) => {
    const {
      name: id,
      version: number,
      license
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(entry => /^(?:licen[cs]e|copying)(?:\.|$)/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`)
    return `${id} ${number} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `git-vault contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
