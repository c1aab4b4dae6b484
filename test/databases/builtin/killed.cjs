// Loaded into a function's process with NODE_OPTIONS. KILLED names a file with a word: the process is killed when the server
// answers the first request that contains it.
const { readFileSync } = require('node:fs')
const { Socket } = require('node:net')

const word = readFileSync(process.env.KILLED, 'utf8')
// oxlint-disable-next-line typescript/unbound-method -- called with a socket as `this`
const { write, push } = Socket.prototype
const awaiting = new WeakSet()

Socket.prototype.write = function (chunk, ...more) {
  if (word !== '' && Buffer.from(chunk).includes(word)) awaiting.add(this)
  return write.call(this, chunk, ...more)
}
Socket.prototype.push = function (chunk, ...more) {
  if (chunk !== null && awaiting.has(this)) process.kill(process.pid, 'SIGKILL')
  return push.call(this, chunk, ...more)
}
