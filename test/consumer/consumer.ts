// A program as a user would write it, with only the installed package.
import {
  openVault,
  VaultError,
  type Clock,
  type ErrorCode,
  type GetSecretValueResponse,
  type OpenOptions,
  type PutSecretValueRequest,
  type SecretsVault
} from 'git-vault'

const clock: Clock = { now: () => Date.UTC(2027, 0, 1) }
const options: OpenOptions = { clock, notice: (line: string) => void line }
const vault: SecretsVault = await openVault(options)

const request: PutSecretValueRequest = { SecretId: 'prod/db', SecretString: 'two' }
await vault.createSecret({ Name: 'prod/db', SecretString: 'one', Tags: [{ Key: 'team', Value: 'a' }] })
const { VersionId } = await vault.putSecretValue(request)
const current: GetSecretValueResponse = await vault.getSecretValue({ SecretId: 'prod/db' })
const { SecretList = [] } = await vault.listSecrets()
const { Versions = [] } = await vault.listSecretVersionIds({ SecretId: 'prod/db' })
const described = await vault.describeSecret({ SecretId: 'prod/db' })
const changed: Date | undefined = described.LastChangedDate
const bytes: Uint8Array | undefined = current.SecretBinary

let code: ErrorCode | undefined
try {
  await vault.getSecretValue({ SecretId: 'nowhere' })
} catch (error) {
  if (!(error instanceof VaultError)) throw error
  code = error.code
}

// @ts-expect-error a request has only the model's members
void (() => vault.getSecretValue({ SecretId: 'x', Version: 'y' }))
// @ts-expect-error a request has every required member
void (() => vault.createSecret({ SecretString: 'x' }))

export const result = {
  value: current.SecretString,
  same: current.VersionId === VersionId,
  binary: bytes !== undefined,
  year: changed?.getUTCFullYear(),
  names: SecretList.map(({ Name }) => Name),
  labels: Versions.map(({ VersionStages }) => VersionStages),
  code
}
