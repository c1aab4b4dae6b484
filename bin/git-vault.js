#!/usr/bin/env node
// CommonJS, here and in what the build makes of the command line: node's loader of ES modules takes 5 ms to start, a
// fifth of what `node -e 0` takes.
const { main } = required('../dist/cli.cjs')

// Everything has been written when this resolves. Ending by itself, node would first wait for WebAssembly
// that it compiles in the background.
main(process.argv.slice(2)).then(process.exit)

function required(path) {
  try {
    return require(path)
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    // a clone, which nobody has built yet
    console.error(
      'git-vault: it is not built yet\ngit-vault: hint: in its folder, run: npm ci && npm run build'
    )
    process.exit(255)
  }
}
