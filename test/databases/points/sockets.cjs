/*
 * Loaded into the process of a built-in rotation function (NODE_OPTIONS), as points.mjs is into a function for Node. The points
 * are before each write to a socket, and at the first answer after it: so each request to the endpoint, and each message of a
 * login and of a statement at the database.
 */
const { appendFileSync, readFileSync } = require('node:fs')
const { Socket } = require('node:net')
const path = require('node:path')

const folder = process.env.POINTS
const { run, at, victim } = JSON.parse(readFileSync(path.join(folder, 'order'), 'utf8'))
const passed = path.join(folder, `passed-${run}`)
// oxlint-disable-next-line typescript/unbound-method -- both are called with `this`
const { write, push } = Socket.prototype
const awaiting = new WeakMap()
/** An operation of the service, or the statement of a message to PostgreSQL. */
const WORD = /secretsmanager\.(\w+)|\b(SET|SHOW|SELECT|BEGIN|CREATE|GRANT|ALTER|COMMIT)\b/

function pass(name) {
  appendFileSync(passed, `${name}\n`)
  if (readFileSync(passed, 'utf8').split('\n').length - 1 !== at) return
  process.kill(victim === 'function' ? process.pid : process.ppid, 'SIGKILL')
}

Socket.prototype.write = function (chunk, ...more) {
  const [, operation, statement] = WORD.exec(Buffer.from(chunk).toString('latin1')) ?? []
  // a request is written in two parts, before any answer
  const name = operation ?? statement ?? awaiting.get(this) ?? 'message'
  pass(`before ${name}`)
  awaiting.set(this, name)
  return write.call(this, chunk, ...more)
}
Socket.prototype.push = function (chunk, ...more) {
  const name = awaiting.get(this)
  awaiting.delete(this)
  if (chunk !== null && name !== undefined) pass(`after ${name}`)
  return push.call(this, chunk, ...more)
}
