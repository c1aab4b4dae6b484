#!/usr/bin/env node
// By default Node opens a debugger on this signal, which other users of the machine can connect to: it could read the
// identity. An empty listener replaces that.
process.on('SIGUSR1', () => undefined)

// This file and the bundled command line are CommonJS: Node's ES module loader takes 5 ms to start, a fifth of
// what `node -e 0` takes.
const { main } = load('../dist/cli.cjs')

// All output is written when `main` resolves. Without an explicit exit, Node would first wait for WebAssembly
// that it compiles in the background.
main(process.argv.slice(2)).then(code => process.exit(code), reportMissingBuild)

function load(path) {
  try {
    return require(path)
  } catch (error) {
    reportMissingBuild(error)
  }
}

/** Explains a missing or unfinished build, and exits with 255. Rethrows any other error. */
function reportMissingBuild(error) {
  if (error.code !== 'MODULE_NOT_FOUND' && !(error.code === 'ENOENT' && error.path?.endsWith('run.cjs')))
    throw error
  console.error(
    'git-vault: not built yet\ngit-vault: hint: run in the git-vault folder: npm ci && npm run build'
  )
  process.exit(255)
}
