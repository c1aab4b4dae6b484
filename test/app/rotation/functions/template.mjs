// A single-user rotation function in the shape of AWS's SecretsManagerRotationTemplate, for Node.
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand
} from '@aws-sdk/client-secrets-manager'

const client = new SecretsManagerClient({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT })

export const handler = async event => {
  const { SecretId, ClientRequestToken: token, Step } = event
  const { RotationEnabled, VersionIdsToStages: versions } = await client.send(
    new DescribeSecretCommand({ SecretId })
  )
  if (!RotationEnabled) throw new Error(`Secret ${SecretId} is not enabled for rotation`)
  if (!versions[token]) throw new Error(`Secret version ${token} has no stage for rotation of ${SecretId}`)
  if (versions[token].includes('AWSCURRENT')) return
  if (!versions[token].includes('AWSPENDING'))
    throw new Error(`Secret version ${token} not set as AWSPENDING for rotation of ${SecretId}`)
  await { createSecret, setSecret, testSecret, finishSecret }[Step](SecretId, token)
}

async function createSecret(SecretId, token) {
  const current = await read({ SecretId, VersionStage: 'AWSCURRENT' })
  try {
    await read({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' })
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
    const { RandomPassword } = await client.send(
      new GetRandomPasswordCommand({ ExcludeCharacters: '/@"\'\\' })
    )
    await client.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken: token,
        SecretString: JSON.stringify({ ...current, password: RandomPassword }),
        VersionStages: ['AWSPENDING']
      })
    )
  }
}

async function setSecret(SecretId, token) {
  const pending = await read({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' })
  if (await login(pending)) return
  const current = await read({ SecretId, VersionStage: 'AWSCURRENT' })
  if (!(await call(current, '/change', { new: pending.password }))) throw new Error('setSecret: refused')
}

async function testSecret(SecretId, token) {
  const pending = await read({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' })
  if (!(await login(pending))) throw new Error('testSecret: unable to log in with the pending secret')
}

async function finishSecret(SecretId, token) {
  const { VersionIdsToStages: versions } = await client.send(new DescribeSecretCommand({ SecretId }))
  const current = Object.keys(versions).find(id => versions[id].includes('AWSCURRENT'))
  if (current === token) return
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId: current
    })
  )
}

const read = async request => JSON.parse((await client.send(new GetSecretValueCommand(request))).SecretString)

const login = secret => call(secret, '/login', {})

async function call({ username, password, host, port }, path, more) {
  const body = JSON.stringify({ user: username, password, ...more })
  return (await fetch(`http://${host}:${port}${path}`, { method: 'POST', body })).ok
}
