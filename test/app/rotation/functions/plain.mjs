// A rotation function without any library, which starts fast. CHAOS names a file that says what goes wrong, and where.
import { createHash, createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const env = process.env
const sha = text => createHash('sha256').update(text).digest('hex')
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()

/** Calls an operation, signed with Signature Version 4. */
export async function ask(operation, request) {
  const body = JSON.stringify(request)
  const { host } = new URL(env.SECRETS_MANAGER_ENDPOINT)
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-date': date,
    'x-amz-target': `secretsmanager.${operation}`
  }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const scope = `${date.slice(0, 8)}/${env.AWS_REGION}/secretsmanager/aws4_request`
  const canonical = `POST\n/\n\n${lines.join('')}\n${names}\n${sha(body)}`
  const key = scope.split('/').reduce((from, part) => hmac(from, part), `AWS4${env.AWS_SECRET_ACCESS_KEY}`)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha(canonical)}`).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${env.AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const answer = await fetch(env.SECRETS_MANAGER_ENDPOINT, {
    method: 'POST',
    body,
    headers: { ...headers, authorization }
  })
  const json = await answer.json()
  if (!answer.ok) throw Object.assign(new Error(json.Message), { name: json.__type })
  return json
}

const read = async request => JSON.parse((await ask('GetSecretValue', request)).SecretString)

async function call({ username, password, host, port }, path, more) {
  const body = JSON.stringify({ user: username, password, ...more })
  return (await fetch(`http://${host}:${port}${path}`, { method: 'POST', body })).ok
}

const steps = {
  async createSecret(SecretId, VersionId) {
    const current = await read({ SecretId })
    const pending = await read({ SecretId, VersionId, VersionStage: 'AWSPENDING' }).catch(error => {
      if (error.name !== 'ResourceNotFoundException') throw error
    })
    if (pending) return
    const { RandomPassword: password } = await ask('GetRandomPassword', {})
    const SecretString = JSON.stringify({ ...current, password })
    const VersionStages = ['AWSPENDING']
    await ask('PutSecretValue', { SecretId, ClientRequestToken: VersionId, SecretString, VersionStages })
  },
  async setSecret(SecretId, VersionId) {
    const pending = await read({ SecretId, VersionId, VersionStage: 'AWSPENDING' })
    if (await call(pending, '/login', {})) return
    if (!(await call(await read({ SecretId }), '/change', { new: pending.password })))
      throw new Error('refused')
  },
  async testSecret(SecretId, VersionId) {
    const pending = await read({ SecretId, VersionId, VersionStage: 'AWSPENDING' })
    if (!(await call(pending, '/login', {}))) throw new Error(`cannot log in with ${pending.password}`)
  },
  async finishSecret(SecretId, MoveToVersionId) {
    const { VersionIdsToStages: versions } = await ask('DescribeSecret', { SecretId })
    const RemoveFromVersionId = Object.keys(versions).find(id => versions[id].includes('AWSCURRENT'))
    if (RemoveFromVersionId === MoveToVersionId) return
    const VersionStage = 'AWSCURRENT'
    await ask('UpdateSecretVersionStage', { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId })
  }
}

export async function handler({ Step, SecretId, ClientRequestToken }, context) {
  const chaos = env.CHAOS ? JSON.parse(readFileSync(env.CHAOS, 'utf8')) : {}
  const goesWrong = at => chaos.at === `${at} ${Step}` && chaos.what
  await trouble[goesWrong('before')]?.({ SecretId, ClientRequestToken, context })
  if (goesWrong('instead')) return trouble[chaos.what]({ SecretId, ClientRequestToken, context })
  await steps[Step](SecretId, ClientRequestToken)
  await trouble[goesWrong('after')]?.({ SecretId, ClientRequestToken, context })
}

const forever = () => new Promise(resolve => setTimeout(resolve, 1e8))

const trouble = {
  nothing: async () => undefined,
  throw: async ({ SecretId }) => {
    throw new Error(`trouble with ${JSON.stringify(await read({ SecretId }))}`)
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  'kill the program': () => {
    writeFileSync(`${env.CHAOS}.pid`, String(process.pid))
    process.kill(process.ppid, 'SIGKILL')
    return forever()
  },
  hang: () => {
    process.on('SIGTERM', () => undefined)
    return forever()
  },
  flood: async ({ SecretId }) => {
    const { password } = await read({ SecretId })
    const text = `${password} `.repeat(2_000)
    for (let at = 0; at < 100; at++) process.stdout.write(text)
    throw new Error('flooded')
  },
  wait: async () => {
    writeFileSync(`${env.CHAOS}.waits`, '')
    while (JSON.parse(readFileSync(env.CHAOS, 'utf8')).what === 'wait')
      await new Promise(resolve => setTimeout(resolve, 20))
  },
  'never answer': () => new Promise(() => undefined),
  environment: async ({ context }) => {
    console.log(JSON.stringify({ env, left: context.getRemainingTimeInMillis(), name: context.functionName }))
    throw new Error('see above')
  },
  overreach: async ({ SecretId }) => {
    const others = {
      DeleteSecret: { SecretId },
      TagResource: { SecretId, Tags: [{ Key: 'a', Value: 'b' }] },
      GetSecretValue: { SecretId: 'other' },
      ListSecrets: {},
      RotateSecret: { SecretId, ClientRequestToken: SecretId.padEnd(64, 'x').slice(0, 64) }
    }
    for (const [operation, request] of Object.entries(others))
      await ask(operation, request).then(
        () => console.log(`${operation} allowed`),
        error => console.log(`${operation} ${error.name}`)
      )
    throw new Error('see above')
  }
}
