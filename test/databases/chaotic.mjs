// A rotation function for one PostgreSQL user. CHAOS names a file that says what goes wrong, and where.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import pg from 'pg'
import { ask } from '../app/rotation/functions/plain.mjs'

const read = async request => JSON.parse((await ask('GetSecretValue', request)).SecretString)

async function connect({ username: user, password, host, port, dbname: database }) {
  const client = new pg.Client({ user, password, host, port, database })
  await client.connect()
  return client
}

const alter = ({ username }, password) =>
  `ALTER USER ${pg.escapeIdentifier(username)} PASSWORD ${pg.escapeLiteral(password)}`

const store = (SecretId, ClientRequestToken, SecretString) =>
  ask('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] })

const steps = {
  async createSecret(SecretId, VersionId) {
    const current = await read({ SecretId })
    const pending = await ask('GetSecretValue', { SecretId, VersionId }).catch(error => {
      if (error.name !== 'ResourceNotFoundException') throw error
    })
    if (pending) return
    const { RandomPassword: password } = await ask('GetRandomPassword', {})
    await store(SecretId, VersionId, JSON.stringify({ ...current, password }))
  },
  async setSecret(SecretId, VersionId) {
    const pending = await read({ SecretId, VersionId })
    const done = await connect(pending).catch(() => undefined)
    if (done) return done.end()
    const client = await connect(await read({ SecretId }))
    await client.query(alter(pending, pending.password))
    await client.end()
  },
  async testSecret(SecretId, VersionId) {
    const client = await connect(await read({ SecretId, VersionId }))
    await client.end()
  },
  async finishSecret(SecretId, MoveToVersionId) {
    const { VersionIdsToStages: versions } = await ask('DescribeSecret', { SecretId })
    const RemoveFromVersionId = Object.keys(versions).find(id => versions[id].includes('AWSCURRENT'))
    if (RemoveFromVersionId === MoveToVersionId) return
    const VersionStage = 'AWSCURRENT'
    await ask('UpdateSecretVersionStage', { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId })
  }
}

export async function handler({ Step, SecretId, ClientRequestToken: token }) {
  const chaos = JSON.parse(readFileSync(process.env.CHAOS, 'utf8'))
  const goesWrong = at => chaos.at === `${at} ${Step}` && chaos.what
  if (goesWrong('instead')) return trouble[chaos.what](SecretId, token)
  await steps[Step](SecretId, token)
  await trouble[goesWrong('after')]?.(SecretId, token)
}

const forever = () => new Promise(resolve => setTimeout(resolve, 1e8))

/** Changes the password in a transaction that is still open. */
async function begin(SecretId, VersionId) {
  const pending = await read({ SecretId, VersionId })
  const client = await connect(await read({ SecretId }))
  await client.query('BEGIN')
  await client.query(alter(pending, pending.password))
}

const trouble = {
  async 'hang in a transaction'(...args) {
    await begin(...args)
    process.on('SIGTERM', () => undefined)
    await forever()
  },
  async 'die in a transaction'(...args) {
    await begin(...args)
    process.kill(process.pid, 'SIGKILL')
  },
  async 'leave a process behind'() {
    // it keeps the output open, and the test looks for it in this folder
    spawn('sleep', ['1000'], { stdio: 'inherit', cwd: dirname(process.env.CHAOS) }).unref()
    throw new Error('left')
  },
  async 'flood both streams'(SecretId, VersionId) {
    const { password } = await read({ SecretId, VersionId })
    // across the borders of chunks, among bytes that are no text
    const noise = Buffer.concat([
      Buffer.from(`\x1b[2J\0${password}\xff`, 'latin1'),
      Buffer.alloc(8_000, 0xfe)
    ])
    for (let at = 0; at < 300; at++) {
      process.stdout.write(noise)
      process.stderr.write(noise)
    }
    throw new Error('flooded')
  },
  'say success and do nothing': async () => undefined,
  'store no JSON': (SecretId, token) => store(SecretId, token, '\u{1f600} not { JSON'),
  async 'store more than fits'(SecretId, token) {
    await store(SecretId, token, 'x'.repeat(65_537))
  },
  async 'set another password'(SecretId) {
    const current = await read({ SecretId })
    const client = await connect(current)
    await client.query(alter(current, 'another'))
    await client.end()
  },
  async 'move the label elsewhere'(SecretId) {
    const MoveToVersionId = 'no-such-version-'.padEnd(36, '-')
    await ask('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId })
  }
}
