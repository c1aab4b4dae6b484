#!/usr/bin/env node
const { main } = await import('../dist/cli.js').catch(error => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  // a clone, which nobody has built yet
  console.error('git-vault: it is not built yet\ngit-vault: hint: in its folder, run: npm ci && npm run build')
  process.exit(255)
})

// Everything has been written when this resolves. Ending by itself, node would first wait for WebAssembly
// that it compiles in the background.
process.exit(await main(process.argv.slice(2)))
