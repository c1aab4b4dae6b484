/*
 * Loaded into a rotation function for Node before its own file (NODE_OPTIONS): notes each point that the function passes, and
 * ends a process with SIGKILL at one of them. The points are before and after each request to the endpoint, and each statement
 * and login at the database. POINTS names a folder. `order` in it says where, and which process; a file for each run lists the
 * points: a function that outlives its program belongs to the run before. sitecustomize.py does the same in Python.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const folder = process.env.POINTS
const { run, at, victim } = JSON.parse(readFileSync(join(folder, 'order'), 'utf8'))
const passed = join(folder, `passed-${run}`)
const { request } = http
const { Client } = createRequire(import.meta.url)('pg')

function pass(name) {
  appendFileSync(passed, `${name}\n`)
  if (readFileSync(passed, 'utf8').split('\n').length - 1 !== at) return
  process.kill(victim === 'function' ? process.pid : process.ppid, 'SIGKILL')
}

http.request = (options, ...more) => {
  const name = options.headers?.['x-amz-target']?.replace('secretsmanager.', '') ?? 'request'
  pass(`before ${name}`)
  const sent = request(options, ...more)
  sent.prependOnceListener('response', () => pass(`after ${name}`))
  return sent
}
syncBuiltinESMExports()

const { query, connect } = Client.prototype
Client.prototype.query = async function (text, ...more) {
  const name = String(text).split(' ')[0]
  pass(`before ${name}`)
  try {
    return await query.call(this, text, ...more)
  } finally {
    pass(`after ${name}`)
  }
}
Client.prototype.connect = async function () {
  pass('before login')
  try {
    return await connect.call(this)
  } finally {
    pass('after login')
  }
}
