// Bundles the command line and the library into dist/. Code that every command loads is bundled, because
// loading it from node_modules would cost more than running it. Code that few commands load (prompts,
// remotes) stays a dependency.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

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
  define: { GIT_VAULT_VERSION: JSON.stringify(version), GIT_VAULT_SOURCES: JSON.stringify(hashOfSources()) },
  // yaml's other build is CommonJS, which cannot be bundled into an ES module.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // These are loaded from node_modules, by the few commands that need them.
  external: ['inquirer', 'libsodium-wrappers-sumo', 'shamir-secret-sharing', 'simple-git'],
  metafile: true,
  logLevel: 'warning'
}
// The command line is two CommonJS files, because Node starts those faster than ES modules. cli.cjs has only
// what `--help` needs. run.cjs has the rest, except the YAML library, which few commands need. One large file
// is read faster than many small files are found and opened.
const commandLine = { ...options, format: 'cjs', outExtension: { '.js': '.cjs' } }
const run = await build({
  ...commandLine,
  entryPoints: { run: 'src/cli/run.ts' },
  plugins: [wasmInOwnFile(), externalFile('anyYaml'), externalFile('libraryParsers')]
})
// Code that runs from V8's cache cannot resolve dynamic imports, so its loader (src/cli/built.ts) imports for
// it. The file is wrapped in a function here, because wrapping so much source at run time would take a
// millisecond. An import of a Node module becomes a plain `require`: esbuild's wrapper would copy all its
// names in every file.
const plain = readFileSync(join(root, 'dist/run.cjs'), 'utf8')
  .replace(/\bimport\((?=")/g, 'importModule(')
  .replace(/(?<==)\w+\((require\("node:[\w/]+"\)),1\)/g, '$1')
const code = `(function(exports,require,module,__dirname,importModule){${plain}})`
if (/\bimport\(/.test(code)) throw new Error('run.cjs has an import() whose path is not a constant')
// the whole name: a short one is also the end of other words, as `is` of `this`
for (const [, name] of code.matchAll(/([\w$]+)=require\("node:[\w/]+"\)/g))
  if (new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}\\.default(?![\\w$])`).test(code))
    throw new Error('run.cjs uses the default export of a Node module')
if (/[^\0-\x7f]/.test(code)) throw new Error('run.cjs must be ASCII: its loader reads it as latin1')
writeFileSync(join(root, 'dist/run.cjs'), code)
const hash = createHash('sha256').update(code).digest('hex')
const otherBuilds = await Promise.all([
  build({
    ...commandLine,
    entryPoints: { cli: 'src/cli/main.ts' },
    define: { ...options.define, GIT_VAULT_BUILD: JSON.stringify(hash.slice(0, 16)) },
    plugins: [runThroughLoader()]
  }),
  build({
    ...options,
    entryPoints: { index: 'src/index.ts' },
    // the folder of the bundle, as in the CommonJS files
    define: { ...options.define, __dirname: 'import.meta.dirname' },
    plugins: [nativeBase64(), externalFile('anyYaml')]
  }),
  build({ ...options, entryPoints: { anyYaml: 'src/core/format/anyYaml.ts' } }),
  // dotenv is CommonJS
  build({
    ...options,
    entryPoints: { libraryParsers: 'src/core/exchange/libraryParsers.ts' },
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' }
  }),
  // The agent that `git-vault unlock` starts. It holds an identity for hours, so it gets as little code as
  // possible.
  build({ ...commandLine, entryPoints: { agent: 'src/system/agent/agentProcess.ts' } }),
  // The process that `git-vault copy` starts to clear the clipboard later.
  build({ ...commandLine, entryPoints: { clipboard: 'src/system/clip/clearProcess.ts' } }),
  // The process of a built-in rotation function. It loads the client of its database from where that is installed.
  build({ ...commandLine, entryPoints: { builtin: 'src/app/rotation/builtin/builtinProcess.ts' } })
])
writeFileSync(
  join(root, 'dist/THIRD_PARTY_LICENSES.txt'),
  licences([run, ...otherBuilds].map(({ metafile }) => metafile))
)

/** Leaves the import of `./NAME.js`, another file of dist/, to Node. */
function externalFile(name) {
  return {
    name: 'external file',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^\\./${name}\\.js$`) }, ({ path }) => ({ path, external: true }))
    }
  }
}

/** Makes cli.cjs load run.cjs through src/cli/built.ts instead of bundling run.ts. */
function runThroughLoader() {
  return {
    name: 'run through loader',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/run\.js$/ }, () => ({ path: join(root, 'src/cli/built.ts') }))
    }
  }
}

/**
 * Decodes libsodium's WebAssembly with Node's Buffer. The package decodes its base64 in a JavaScript loop, for
 * browsers; Node takes a twentieth of the time.
 */
function nativeBase64() {
  return wasmFrom(base64 => `new Uint8Array(Buffer.from("${base64}","base64"))`)
}

/** Puts libsodium's WebAssembly into a file of its own. This is faster still: 300 KB less source to read. */
function wasmInOwnFile() {
  return wasmFrom(base64 => {
    writeFileSync(join(root, 'dist/libsodium.wasm'), Buffer.from(base64, 'base64'))
    return 'new Uint8Array(require("node:fs").readFileSync(__dirname+"/libsodium.wasm"))'
  })
}

/**
 * Replaces libsodium's base64 decoding by `expression(base64)` and changes nothing else in the package. Fails
 * the build if the package's loop is not the expected one, or if it decodes to other bytes than Buffer does.
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
  const paths = files.map(({ parentPath, path = parentPath, name }) => join(path, name)).sort()
  const hash = createHash('sha256')
  for (const path of paths) hash.update(readFileSync(path))
  return hash.digest('hex').slice(0, 16)
}

/** Returns the licences of all packages with code in the bundle. Throws if a package has no licence file. */
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
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    return `${id} ${number} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `git-vault contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
