// Changes the password of an account, as `rotate --command` runs it: `node once.mjs FILE`, where FILE says what goes wrong.
import { readFileSync, writeFileSync } from 'node:fs'

const text = readFileSync(0, 'utf8')
const { Current, New, ...rest } = JSON.parse(text)
const file = process.argv[2]
const { at, what } = file ? JSON.parse(readFileSync(file, 'utf8')) : {}
const [current, next] = [Current, New].map(value => value && JSON.parse(value.SecretString))

const call = async ({ username, password, host, port }, path, more) =>
  (
    await fetch(`http://${host}:${port}${path}`, {
      method: 'POST',
      body: JSON.stringify({ user: username, password, ...more })
    })
  ).ok

const trouble = {
  throw: () => {
    console.log(`was ${current.password}`)
    throw new Error(`trouble with ${next?.password} and ${text}`)
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  flood: () => {
    for (let times = 0; times < 100; times++) process.stdout.write(`${next.password} `.repeat(2_000))
    throw new Error('flooded')
  },
  environment: () => {
    console.log(JSON.stringify({ env: process.env, argv: process.argv, rest, cwd: process.cwd() }))
    process.exit(3)
  },
  hang: () => new Promise(resolve => setTimeout(resolve, 1e8)),
  'kill the program': () => {
    writeFileSync(`${file}.pid`, String(process.pid))
    process.kill(process.ppid, 'SIGKILL')
    return new Promise(resolve => setTimeout(resolve, 1e8))
  }
}

if (at === 'before') await trouble[what]()
if (!(await call(next, '/login', {})) && !(await call(current, '/change', { new: next.password })))
  throw new Error('refused')
if (at === 'after') await trouble[what]()
