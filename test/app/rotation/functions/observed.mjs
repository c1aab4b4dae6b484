// Rotates as copy.mjs does, and writes what it sees before each step to a file in OBSERVED that is named after the secret.
// The first setSecret of a secret whose value is `fails once` fails.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { handler as rotate } from './copy.mjs'
import { ask } from './plain.mjs'

const outcome = promise =>
  promise.then(
    ({ SecretString }) => SecretString,
    ({ name, message }) => ({ name, message })
  )

export async function handler(event, context) {
  const { SecretId, ClientRequestToken: VersionId, Step } = event
  const { Name, RotationEnabled, VersionIdsToStages } = await ask('DescribeSecret', { SecretId })
  const file = join(process.env.OBSERVED, Name.replaceAll('/', '_'))
  const current = await outcome(ask('GetSecretValue', { SecretId }))
  const pending = await outcome(ask('GetSecretValue', { SecretId, VersionId, VersionStage: 'AWSPENDING' }))
  const seen = {
    event,
    RotationEnabled,
    labels: VersionIdsToStages[VersionId],
    ...{ current, pending, endpoint: process.env.SECRETS_MANAGER_ENDPOINT }
  }
  appendFileSync(file, `${JSON.stringify(seen)}\n`)
  const steps = readFileSync(file, 'utf8').match(/"Step":"setSecret"/g) ?? []
  if (Step === 'setSecret' && current === 'fails once' && steps.length === 1)
    throw new Error('the first time')
  if (Step !== 'createSecret' || typeof pending !== 'string') await rotate(event, context)
}
