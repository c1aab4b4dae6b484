// Bundles the command line and the library into dist/. Code that every command loads is bundled, because
// loading it from node_modules would cost more than running it. Code that few commands load (prompts,
// remotes) stays a dependency.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { commonOptions, licences, root, wasmFrom } from './bin/bundling.mjs'

rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist'))
const options = { ...commonOptions, outdir: 'dist' }
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
