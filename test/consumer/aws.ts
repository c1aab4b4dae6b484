// Code that was written for the AWS SDK takes the vault instead: nothing here is ever run.
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type * as aws from '@aws-sdk/client-secrets-manager'
import { openVault } from 'git-vault'

/** The SDK's requests and responses, without its overloads for callbacks and without its HTTP metadata. */
interface Client {
  createSecret(request: aws.CreateSecretCommandInput): Response<aws.CreateSecretCommandOutput>
  putSecretValue(request: aws.PutSecretValueCommandInput): Response<aws.PutSecretValueCommandOutput>
  getSecretValue(request: aws.GetSecretValueCommandInput): Response<aws.GetSecretValueCommandOutput>
  describeSecret(request: aws.DescribeSecretCommandInput): Response<aws.DescribeSecretCommandOutput>
  listSecrets(request: aws.ListSecretsCommandInput): Response<aws.ListSecretsCommandOutput>
  listSecretVersionIds(
    request: aws.ListSecretVersionIdsCommandInput
  ): Response<aws.ListSecretVersionIdsCommandOutput>
  updateSecretVersionStage(
    request: aws.UpdateSecretVersionStageCommandInput
  ): Response<aws.UpdateSecretVersionStageCommandOutput>
}

type Response<Output> = Promise<Omit<Output, '$metadata'>>

async function rotate(client: Client): Promise<Date | undefined> {
  const { SecretString = '', ARN } = await client.getSecretValue({ SecretId: 'prod/db' })
  await client.putSecretValue({ SecretId: ARN, SecretString: `${SecretString}!` })
  const { NextToken } = await client.listSecrets({ MaxResults: 1 })
  return (await client.listSecrets({ NextToken })).SecretList?.[0]?.LastChangedDate
}

/** The SDK's own client fits what is asked of the vault above, so that the comparison is a fair one. */
export const withTheSdk = (client: Pick<SecretsManager, keyof Client>) => rotate(client)
export const withTheVault = async () => rotate(await openVault())

/** Every implemented operation, its response in the SDK's own type. */
export async function all(): Promise<void> {
  const vault = await openVault()
  const responses: [
    aws.CreateSecretResponse,
    aws.PutSecretValueResponse,
    aws.GetSecretValueResponse,
    aws.DescribeSecretResponse,
    aws.ListSecretsResponse,
    aws.ListSecretVersionIdsResponse,
    aws.UpdateSecretVersionStageResponse
  ] = [
    await vault.createSecret({ Name: 'x' } satisfies aws.CreateSecretRequest),
    await vault.putSecretValue({ SecretId: 'x' } satisfies aws.PutSecretValueRequest),
    await vault.getSecretValue({ SecretId: 'x' } satisfies aws.GetSecretValueRequest),
    await vault.describeSecret({ SecretId: 'x' } satisfies aws.DescribeSecretRequest),
    await vault.listSecrets({} satisfies aws.ListSecretsRequest),
    await vault.listSecretVersionIds({ SecretId: 'x' } satisfies aws.ListSecretVersionIdsRequest),
    await vault.updateSecretVersionStage({
      SecretId: 'x',
      VersionStage: 'y'
    } satisfies aws.UpdateSecretVersionStageRequest)
  ]
  void responses
}
