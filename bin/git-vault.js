#!/usr/bin/env node
// CommonJS, here and in what the build makes of the command line: node's loader of ES modules takes 5 ms to start, a
// fifth of what `node -e 0` takes.
const { main } = required('../dist/cli.cjs')

// Everything has been written when this resolves. Ending by itself, node would first wait for WebAssembly
// that it compiles in the background.
main(process.argv.slice(2)).then(process.exit, unbuilt)

function required(path) {
  try {
    return require(path)
  } catch (error) {
    unbuilt(error)
  }
}

/** A clone which nobody has built yet, or not to the end. */
function unbuilt(error) {
  if (error.code !== 'MODULE_NOT_FOUND' && !(error.code === 'ENOENT' && error.path?.endsWith('run.cjs')))
    throw error
  console.error(
    'git-vault: it is not built yet\ngit-vault: hint: in its folder, run: npm ci && npm run build'
  )
  process.exit(255)
}
