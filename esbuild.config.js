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
const options = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  define: { GIT_VAULT_VERSION: JSON.stringify(version) },
  // its other build is CommonJS, which an ES module cannot take in
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  external: Object.keys(dependencies),
  metafile: true,
  logLevel: 'warning'
}
// The command line in two files: cli.js, with no more than `--help` needs, and run.js, with the rest in one but for the
// YAML library, which few need.
// Many small files, each loaded when needed, take longer to find and open than this one to read.
const results = await Promise.all([
  build({ ...options, entryPoints: { cli: 'src/cli/main.ts' }, plugins: [besideIt('run')] }),
  build({
    ...options,
    entryPoints: { run: 'src/cli/run.ts' },
    plugins: [nativeBase64(), besideIt('anyYaml')]
  }),
  build({
    ...options,
    entryPoints: { index: 'src/index.ts' },
    plugins: [nativeBase64(), besideIt('anyYaml')]
  }),
  build({ ...options, entryPoints: { anyYaml: 'src/core/anyYaml.ts' } })
])
writeFileSync(join(root, 'dist/THIRD_PARTY_LICENSES.txt'), licences(results.map(({ metafile }) => metafile)))

/** Leaves an import of another of the files here to node. */
function besideIt(name) {
  return {
    name: 'beside it',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^\\./${name}\\.js$`) }, ({ path }) => ({ path, external: true }))
    }
  }
}

/**
 * libsodium's module holds its WebAssembly in base64 and decodes it in a loop of JavaScript, for browsers' sake. Node
 * decodes the same text in a twentieth of the time. Nothing else of the package is touched, and the build fails where the
 * loop is not what is expected here or the bytes are not what it makes.
 */
function nativeBase64() {
  return {
    name: 'native base64',
    setup({ onLoad }) {
      onLoad({ filter: /node_modules\/libsodium\/.*\.mjs$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const [call, decoder, base64] =
          /(\(A=>\{for\(var I,g,C=0,B=0,Q=\d+,[^}]*return E\}\))\("([A-Za-z0-9+/=]+)"\)/.exec(source) ?? []
        if (call === undefined) throw new Error(`${path} does not decode its WebAssembly as expected`)
        const table =
          'n=new Uint8Array(123);for(let q=25;q>=0;--q)n[48+q]=52+q,n[65+q]=q,n[97+q]=26+q;n[43]=62;n[47]=63'
        // oxlint-disable-next-line typescript/no-implied-eval -- the package's own words, at build time, to compare
        const expected = new Function(`const ${table};return ${decoder}`)()(base64)
        if (Buffer.compare(expected, Buffer.from(base64, 'base64')) !== 0)
          throw new Error(`${path} decodes to other bytes`)
        return {
          contents: source.replace(call, `new Uint8Array(Buffer.from("${base64}","base64"))`),
          loader: 'js'
        }
      })
    }
  }
}

/** The licence of every package that has code in the bundle. One without a licence file fails the build. */
function licences(metafiles) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  )
  const packages = new Map()
  for (const path of used) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
    if (folder !== undefined) packages.set(folder, join(root, folder))
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
