// Rotates between two PostgreSQL users: the one that the secret has not now gets a new password, set by a superuser.
// The secret is a JSON object with the keys engine, host, username, password, masterarn and, optionally, port, dbname and
// ssl. masterarn is the ARN of the superuser's secret.
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand
} from '@aws-sdk/client-secrets-manager'
import pg from 'pg'

const client = new SecretsManagerClient({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT })

export const handler = async ({ SecretId: arn, ClientRequestToken: token, Step: step }) => {
  const { RotationEnabled, VersionIdsToStages: versions } = await client.send(
    new DescribeSecretCommand({ SecretId: arn })
  )
  if (RotationEnabled === false) throw new Error(`Secret ${arn} is not enabled for rotation`)
  if (!versions[token]) throw new Error(`Secret version ${token} has no stage for rotation of secret ${arn}.`)
  if (versions[token].includes('AWSCURRENT')) return
  if (!versions[token].includes('AWSPENDING'))
    throw new Error(`Secret version ${token} not set as AWSPENDING for rotation of secret ${arn}.`)

  const steps = { createSecret, setSecret, testSecret, finishSecret }
  if (!steps[step]) throw new Error(`Invalid step parameter ${step} for secret ${arn}`)
  await steps[step](arn, token)
}

/** Stores the other user with a new password as AWSPENDING, unless an earlier attempt has. */
async function createSecret(arn, token) {
  const current = await readSecret(arn, 'AWSCURRENT')
  if (await unlessNotFound(readSecret(arn, 'AWSPENDING', token))) return
  const { RandomPassword: password } = await client.send(
    new GetRandomPasswordCommand({ ExcludeCharacters: process.env.EXCLUDE_CHARACTERS ?? ':/@"\'\\' })
  )
  await client.send(
    new PutSecretValueCommand({
      SecretId: arn,
      ClientRequestToken: token,
      SecretString: JSON.stringify({ ...current, username: otherUser(current.username), password }),
      VersionStages: ['AWSPENDING']
    })
  )
}

/** Gives the other user the AWSPENDING password, unless an earlier attempt has. Creates the user the first time. */
async function setSecret(arn, token) {
  const current = await readSecret(arn, 'AWSCURRENT')
  const pending = await readSecret(arn, 'AWSPENDING', token)

  const done = await connect(pending)
  if (done) return done.end()

  if (otherUser(current.username) !== pending.username || current.host !== pending.host)
    throw new Error('Attempting to modify another user or host than the alternate one of the current secret')
  // without this, whoever may write the secret could have a superuser create any user
  const present = await connect(current)
  if (!present) throw new Error(`Unable to log into database using current credentials for secret ${arn}`)
  await present.end()

  const master = await readSecret(current.masterarn, 'AWSCURRENT')
  if (master.host !== current.host)
    throw new Error('The host of the secret is not the same as that of master')
  const database = await connect(master)
  if (!database) throw new Error(`Unable to log into database with the master secret ${current.masterarn}`)
  try {
    const [user, password] = [pg.escapeIdentifier(pending.username), pg.escapeLiteral(pending.password)]
    const found = await database.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [pending.username])
    if (found.rowCount > 0) {
      await database.query(`ALTER USER ${user} WITH PASSWORD ${password}`)
    } else {
      await database.query('BEGIN')
      await database.query(`CREATE USER ${user} WITH PASSWORD ${password}`)
      await database.query(`GRANT ${pg.escapeIdentifier(current.username)} TO ${user}`)
      await database.query('COMMIT')
    }
  } finally {
    await database.end()
  }
}

/** Logs in with the AWSPENDING secret. */
async function testSecret(arn, token) {
  const database = await connect(await readSecret(arn, 'AWSPENDING', token))
  if (!database) throw new Error(`Unable to log into database with pending secret of secret ARN ${arn}`)
  try {
    await database.query('SELECT NOW()')
  } finally {
    await database.end()
  }
}

/** Moves AWSCURRENT to the new version. */
async function finishSecret(arn, token) {
  const { VersionIdsToStages: versions } = await client.send(new DescribeSecretCommand({ SecretId: arn }))
  const current = Object.keys(versions).find(id => versions[id].includes('AWSCURRENT'))
  if (current === token) return
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: arn,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId: current
    })
  )
}

/** Returns a connection; `undefined` if the database refuses the password or cannot be reached. */
async function connect({ username: user, password, host, port = 5432, dbname = 'postgres', ssl = false }) {
  const timeout = { connectionTimeoutMillis: 5_000 }
  const database = new pg.Client({ user, password, host, port, database: dbname, ssl, ...timeout })
  try {
    await database.connect()
    return database
  } catch {
    return undefined
  }
}

/** Returns the secret's value. Throws if a key that each secret needs is missing. */
async function readSecret(arn, VersionStage, VersionId) {
  const request = { SecretId: arn, VersionStage, VersionId }
  const { SecretString } = await client.send(new GetSecretValueCommand(request))
  const secret = JSON.parse(SecretString)
  if (secret.engine !== 'postgres') throw new Error("Database engine must be set to 'postgres'")
  for (const field of ['host', 'username', 'password'])
    if (secret[field] === undefined) throw new Error(`${field} key is missing from secret JSON`)
  return secret
}

const CLONE = '_clone'
const otherUser = name => (name.endsWith(CLONE) ? name.slice(0, -CLONE.length) : `${name}${CLONE}`)

/** Returns `undefined` for a version that does not exist. */
const unlessNotFound = work =>
  work.catch(error => {
    if (!(error instanceof ResourceNotFoundException)) throw error
  })
