#!/usr/bin/env node
import { main } from '../dist/cli.js'

// Everything has been written when this resolves. Ending by itself, node would first wait for WebAssembly
// that it compiles in the background.
process.exit(await main(process.argv.slice(2)))
