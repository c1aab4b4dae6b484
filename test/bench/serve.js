/** Measures the endpoint under load, and moto_server and a loop of git commits for comparison. */
import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './processes.js'
import { project } from './sandbox.js'

const CONNECTIONS = 16
const NAME = 'load/s#'
const MOTO = join(project, '.cache/aws/bin/moto_server')

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @returns the figures of each round, and the programs that are not installed
 */
export async function serveFigures(sandbox, vault, { seconds, rounds, progress }) {
  const absent = existsSync(MOTO) ? [] : ['moto_server (test/conformance/setup.sh installs it)']
  const served = await startServe(sandbox, vault)
  const moto = absent.length === 0 ? await startMoto(sandbox) : undefined
  const figures = { get: [], moto: [], put: [], git: [] }
  try {
    for (const target of [served, moto]) if (target) prepare(target)
    progress('serve: warming up')
    for (const target of [served, moto]) if (target) load(target, 'GetSecretValue', 1)
    load(served, 'PutSecretValue', seconds)
    for (let round = 1; round <= rounds; round++) {
      progress(`serve: round ${round} of ${rounds}`)
      figures.get.push(load(served, 'GetSecretValue', seconds))
      if (moto) figures.moto.push(load(moto, 'GetSecretValue', seconds))
      figures.put.push(load(served, 'PutSecretValue', seconds))
      figures.git.push(gitLoop(sandbox, seconds))
    }
  } finally {
    await served.stop()
    await moto?.stop()
  }
  return { ...figures, absent }
}

/** Starts `git-vault serve`. Returns its port, its process id, and the settings and credentials for a client. */
export async function startServe(sandbox, vault) {
  const file = join(sandbox.folder, 'serve.env')
  const { args, env } = sandbox.vault(vault, 'serve', '--port', '0', '--environment', file)
  const child = spawn(process.execPath, args, { cwd: vault, env, stdio: ['ignore', 'pipe', 'ignore'] })
  await ready(child, child.stdout, /http/)
  const lines = readFileSync(file, 'utf8').matchAll(/^(?:export )?([A-Z_]+)=['"]?(.*?)['"]?$/gm)
  const settings = Object.fromEntries([...lines].map(([, name, value]) => [name, value]))
  const { host, port } = new URL(settings.AWS_ENDPOINT_URL_SECRETS_MANAGER)
  const client = {
    host,
    region: settings.AWS_REGION,
    accessKeyId: settings.AWS_ACCESS_KEY_ID,
    secretAccessKey: settings.AWS_SECRET_ACCESS_KEY
  }
  return { port: Number(port), client, pid: child.pid, stop: () => stop(child) }
}

async function startMoto(sandbox) {
  const port = 20_000 + (process.pid % 20_000)
  const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], {
    env: sandbox.env,
    // moto_server logs each request, and would block on a pipe that nobody reads.
    stdio: 'ignore'
  })
  await listening(child, port)
  const client = { host: `127.0.0.1:${port}`, region: 'us-east-1', accessKeyId: 'x', secretAccessKey: 'x' }
  return { port, client, stop: () => stop(child) }
}

/** Resolves once the output of the process matches the pattern. */
function ready(child, stream, pattern) {
  return new Promise((resolve, reject) => {
    let text = ''
    const read = chunk => {
      text += chunk
      if (!pattern.test(text)) return
      stream.removeListener('data', read)
      stream.resume()
      resolve()
    }
    stream.on('data', read)
    child.once('exit', code => reject(new Error(`${child.spawnfile} ended with ${code}: ${text}`)))
  })
}

async function listening(child, port) {
  for (let attempt = 1; attempt <= 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`)
    const isOpen = await new Promise(resolve => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('moto_server does not answer')
}

function stop(child) {
  return new Promise(resolve => {
    child.removeAllListeners('exit')
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}

/** Creates ten secrets for each connection. */
function prepare({ port, client }) {
  const script = `
    import { signedRequest } from ${JSON.stringify(new URL('sign.js', import.meta.url).href)}
    import { connect } from 'node:net'
    const [port, client, count, name] = JSON.parse(process.argv[1])
    for (let at = 0; at < count; at++) {
      await new Promise((resolve, reject) => {
        const ClientRequestToken = crypto.randomUUID()
        const socket = connect(port, '127.0.0.1')
        socket.on('error', reject)
        socket.on('data', data => {
          socket.destroy()
          String(data).startsWith('HTTP/1.1 200') ? resolve() : reject(new Error(String(data)))
        })
        socket.write(signedRequest(client, 'CreateSecret', { Name: name.replace('#', at), SecretString: 'correct-horse', ClientRequestToken }))
      })
    }`
  const order = JSON.stringify([port, client, CONNECTIONS * 10, NAME])
  run({ file: process.execPath, args: ['--input-type=module', '-e', script, order] })
}

function load({ port, client }, operation, seconds) {
  const order = { port, client, operation, connections: CONNECTIONS, seconds, name: NAME }
  const script = fileURLToPath(new URL('load.js', import.meta.url))
  const figures = JSON.parse(run({ file: process.execPath, args: [script, JSON.stringify(order)] }))
  if (figures.failed > 0) throw new Error(`${figures.failed} requests failed: ${figures.last}`)
  return figures
}

let loops = 0

/** Adds and commits two files of the usual sizes in a loop, as a user without git-vault would. */
function gitLoop(sandbox, seconds) {
  const folder = join(sandbox.folder, `loop${++loops}`)
  mkdirSync(folder)
  const git = (...args) => run(sandbox.git(folder, ...args))
  git('init', '-q')
  // The same sync settings as git-vault's own.
  git('config', 'core.fsync', 'committed,loose-object,reference')
  git('config', 'core.fsyncMethod', 'fsync')
  git('config', 'gc.auto', '0')
  for (let at = 0; at < CONNECTIONS; at++) mkdirSync(join(folder, `s${at}`))
  writeFileSync(join(folder, '.git', 'version'), 'x'.repeat(2_600))
  writeFileSync(join(folder, '.git', 'stages'), 'y'.repeat(1_100))
  const script = `
    end=$(( $(date +%s%N) + ${seconds}000000000 ))
    start=$(date +%s%N); n=0
    while [ $(date +%s%N) -lt $end ]; do
      d=s$((n % ${CONNECTIONS}))
      { cat .git/version; echo $n; } >$d/v$n
      { cat .git/stages; echo $n; } >$d/stages
      git add -A $d && git commit -q -m "PutSecretValue $d" || exit 1
      n=$((n + 1))
    done
    echo $n $(( $(date +%s%N) - start ))`
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder,
    env: sandbox.env,
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`the loop of git commits failed: ${stderr}`)
  const [count, nanoseconds] = stdout.trim().split(' ').map(Number)
  return { rate: (count / nanoseconds) * 1e9 }
}
