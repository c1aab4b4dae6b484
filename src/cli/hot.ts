// What every command on a vault needs, as one import: the bundler makes one file of it, and loading it can
// begin while the arguments are still being read.
export { open } from '../open.js'
export { call, implemented } from '../operations/call.js'
