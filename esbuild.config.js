// Bundles the command line and the library into dist/. What is on the way of every command is put in
// (loading it from node_modules would cost more than running it); what is loaded only now and then, to
// prompt or to talk to remotes, stays a dependency.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))
const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist'))
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
// The command line in two files of CommonJS, which node starts faster than ES modules: cli.cjs, with no more than
// `--help` needs, and run.cjs, with the rest in one but for the YAML library, which few need.
// Many small files, each loaded when needed, take longer to find and open than this one to read.
const commandLine = { ...options, format: 'cjs', outExtension: { '.js': '.cjs' } }
const run = await build({
  ...commandLine,
  entryPoints: { run: 'src/cli/run.ts' },
  plugins: [wasmBeside(), besideIt('anyYaml')]
})
// What runs from V8's cache has lost where it may import from: its loader (src/cli/built.ts) does it instead. The loader
// takes the file as it is, a function: to put one around so much source would take it a millisecond.
// And node's own modules are what an import of them is: to copy all names of one, once for each file that has it, is work.
const plain = readFileSync(join(root, 'dist/run.cjs'), 'utf8')
  .replace(/\bimport\((?=")/g, 'importModule(')
  .replace(/(?<==)\w+\((require\("node:[\w/]+"\)),1\)/g, '$1')
const code = `(function(exports,require,module,__dirname,importModule){${plain}})`
if (/\bimport\(/.test(code)) throw new Error('run.cjs imports what is not a constant')
for (const [, name] of code.matchAll(/([\w$]+)=require\("node:[\w/]+"\)/g))
  if (code.includes(`${name}.default`))
    throw new Error('run.cjs takes the default export of a module of node')
if (/[^\0-\x7f]/.test(code)) throw new Error('run.cjs is read as ASCII and holds something else')
writeFileSync(join(root, 'dist/run.cjs'), code)
const hash = createHash('sha256').update(code).digest('hex')
const others = await Promise.all([
  build({
    ...commandLine,
    entryPoints: { cli: 'src/cli/main.ts' },
    define: { ...options.define, GIT_VAULT_BUILD: JSON.stringify(hash.slice(0, 16)) },
    plugins: [asBuilt()]
  }),
  build({
    ...options,
    entryPoints: { index: 'src/index.ts' },
    plugins: [nativeBase64(), besideIt('anyYaml')]
  }),
  build({ ...options, entryPoints: { anyYaml: 'src/core/format/anyYaml.ts' } }),
  // what git-vault unlock starts: next to no code has a part in what keeps a secret for hours
  build({ ...commandLine, entryPoints: { agent: 'src/system/agent/agentProcess.ts' } })
])
writeFileSync(
  join(root, 'dist/THIRD_PARTY_LICENSES.txt'),
  licences([run, ...others].map(({ metafile }) => metafile))
)

/** Leaves an import of another of the files here to node. */
function besideIt(name) {
  return {
    name: 'beside it',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^\\./${name}\\.js$`) }, ({ path }) => ({ path, external: true }))
    }
  }
}

/** The command line loads run.ts as it is built. */
function asBuilt() {
  return {
    name: 'as built',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/run\.js$/ }, () => ({ path: join(root, 'src/cli/built.ts') }))
    }
  }
}

/**
 * libsodium's module holds its WebAssembly in base64 and decodes it in a loop of JavaScript, for browsers' sake. Node
 * decodes the same text in a twentieth of the time.
 */
function nativeBase64() {
  return wasmFrom(base64 => `new Uint8Array(Buffer.from("${base64}","base64"))`)
}

/** The same in a file of its own, which is faster still: 300 KB less to read as source. */
function wasmBeside() {
  return wasmFrom(base64 => {
    writeFileSync(join(root, 'dist/libsodium.wasm'), Buffer.from(base64, 'base64'))
    return 'new Uint8Array(require("node:fs").readFileSync(__dirname+"/libsodium.wasm"))'
  })
}

/**
 * Nothing else of the package is touched, and the build fails where the loop is not what is expected here or the bytes
 * are not what it makes.
 */
function wasmFrom(expression) {
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
        // oxlint-disable-next-line typescript/no-implied-eval -- the package's own words, at build time, to compare
        const expected = new Function(`const ${table};return ${decoder}`)()(base64)
        if (Buffer.compare(expected, Buffer.from(base64, 'base64')) !== 0)
          throw new Error(`${path} decodes to other bytes`)
        return { contents: source.replace(call, () => expression(base64)), loader: 'js' }
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
