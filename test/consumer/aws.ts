// Type-checked only: code written for the AWS SDK also accepts the vault.
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type * as aws from '@aws-sdk/client-secrets-manager'
import { openVault } from 'git-vault'

/** The SDK's requests and responses, without its callback overloads and HTTP metadata. */
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

/** Checks that the SDK's own client fits `Client`, so that the comparison is fair. */
export const withTheSdk = (client: Pick<SecretsManager, keyof Client>) => rotate(client)
export const withTheVault = async () => rotate(await openVault())

/** Every implemented operation, with its response in the SDK's own type. */
export async function all(): Promise<void> {
  const vault = await openVault()
  const responses: [
    aws.CreateSecretResponse,
    aws.PutSecretValueResponse,
    aws.GetSecretValueResponse,
    aws.DescribeSecretResponse,
    aws.ListSecretsResponse,
    aws.ListSecretVersionIdsResponse,
    aws.UpdateSecretVersionStageResponse,
    aws.UpdateSecretResponse,
    aws.DeleteSecretResponse,
    aws.RestoreSecretResponse,
    object,
    object,
    aws.RotateSecretResponse,
    aws.CancelRotateSecretResponse,
    aws.BatchGetSecretValueResponse,
    aws.GetRandomPasswordResponse,
    aws.PutResourcePolicyResponse,
    aws.GetResourcePolicyResponse,
    aws.DeleteResourcePolicyResponse,
    aws.ValidateResourcePolicyResponse
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
    } satisfies aws.UpdateSecretVersionStageRequest),
    await vault.updateSecret({ SecretId: 'x' } satisfies aws.UpdateSecretRequest),
    await vault.deleteSecret({ SecretId: 'x' } satisfies aws.DeleteSecretRequest),
    await vault.restoreSecret({ SecretId: 'x' } satisfies aws.RestoreSecretRequest),
    await vault.tagResource({ SecretId: 'x', Tags: [] } satisfies aws.TagResourceRequest),
    await vault.untagResource({ SecretId: 'x', TagKeys: [] } satisfies aws.UntagResourceRequest),
    await vault.rotateSecret({ SecretId: 'x' } satisfies aws.RotateSecretRequest),
    await vault.cancelRotateSecret({ SecretId: 'x' } satisfies aws.CancelRotateSecretRequest),
    await vault.batchGetSecretValue({ SecretIdList: ['x'] } satisfies aws.BatchGetSecretValueRequest),
    await vault.getRandomPassword({} satisfies aws.GetRandomPasswordRequest),
    await vault.putResourcePolicy({
      SecretId: 'x',
      ResourcePolicy: '{}'
    } satisfies aws.PutResourcePolicyRequest),
    await vault.getResourcePolicy({ SecretId: 'x' } satisfies aws.GetResourcePolicyRequest),
    await vault.deleteResourcePolicy({ SecretId: 'x' } satisfies aws.DeleteResourcePolicyRequest),
    await vault.validateResourcePolicy({
      ResourcePolicy: '{}'
    } satisfies aws.ValidateResourcePolicyRequest)
  ]
  void responses
}
