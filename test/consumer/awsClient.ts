// Type-checked only: a function whose parameter has the SDK's own type.
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { openVault, type SecretsVault } from 'git-vault'

async function current(client: Pick<SecretsManager, keyof SecretsVault>): Promise<string | undefined> {
  const { SecretString } = await client.getSecretValue({ SecretId: 'prod/db' })
  return SecretString
}

export const fromTheVault = async () => current(await openVault())
