// The shortest function that rotates: a random password, and no service that would have to know it.
import { ask } from './plain.mjs'

const value = async request => (await ask('GetSecretValue', request)).SecretString

export async function handler({ Step, SecretId, ClientRequestToken: token }) {
  if (Step === 'createSecret') {
    const { RandomPassword: SecretString } = await ask('GetRandomPassword', {})
    const VersionStages = ['AWSPENDING']
    await ask('PutSecretValue', { SecretId, ClientRequestToken: token, SecretString, VersionStages })
  }
  if (Step === 'testSecret') await value({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' })
  if (Step === 'finishSecret') {
    const { VersionIdsToStages: versions } = await ask('DescribeSecret', { SecretId })
    const current = Object.keys(versions).find(id => versions[id].includes('AWSCURRENT'))
    await ask('UpdateSecretVersionStage', {
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId: current
    })
  }
}
