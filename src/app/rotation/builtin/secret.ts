import { callService, ServiceFailure, type ServiceAccess } from '../../../http/serviceClient.js'
import { failed } from '../../../core/rotation/databaseSecret.js'

/** The secret that a function rotates, at the endpoint of its run. */
export class RotatedSecret {
  readonly #ask: (operation: string, input: object) => Promise<Record<string, unknown>>
  readonly #arn: string
  readonly #token: string

  constructor(access: ServiceAccess, now: () => number, arn: string, token: string) {
    this.#ask = async (operation, input) => callService(access, operation, input, now())
    this.#arn = arn
    this.#token = token
  }

  /** The id of the version with AWSCURRENT, and whether it is the one to rotate to. Throws `RotationFailed` if no rotation to the token is going on. */
  async state(): Promise<{ readonly current: string | undefined; readonly isComplete: boolean }> {
    const { RotationEnabled, VersionIdsToStages = {} } = await this.#ask('DescribeSecret', {
      SecretId: this.#arn
    })
    if (RotationEnabled !== true) throw failed('rotation is not on')
    const stages = VersionIdsToStages as Record<string, readonly string[]>
    const current = Object.keys(stages).find(id => stages[id]?.includes('AWSCURRENT'))
    const isComplete = current === this.#token
    if (!isComplete && !stages[this.#token]?.includes('AWSPENDING'))
      throw failed('the version to rotate to does not have AWSPENDING')
    return { current, isComplete }
  }

  async current(): Promise<string> {
    return this.#value({ SecretId: this.#arn, VersionStage: 'AWSCURRENT' })
  }

  async pending(): Promise<string> {
    return this.#value({ SecretId: this.#arn, VersionId: this.#token, VersionStage: 'AWSPENDING' })
  }

  /** The value of the pending version; `undefined` if it has none yet. */
  async pendingIfAny(): Promise<string | undefined> {
    return this.pending().catch(absent)
  }

  async previous(): Promise<string | undefined> {
    return this.#value({ SecretId: this.#arn, VersionStage: 'AWSPREVIOUS' }).catch(absent)
  }

  /** The value of the master's secret. Throws `RotationFailed` if the function may not read it. */
  async master(arn: string): Promise<string> {
    try {
      return await this.#value({ SecretId: arn })
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error
      if (error.code === 'AccessDeniedException')
        throw failed('masterarn names a secret that this function may not read: add it with --may-read')
      throw failed(`cannot read the secret that masterarn names: ${error.code}`)
    }
  }

  async randomPassword(rule: object): Promise<string> {
    const { RandomPassword } = await this.#ask('GetRandomPassword', rule)
    return String(RandomPassword)
  }

  async putPending(SecretString: string): Promise<void> {
    const VersionStages = ['AWSPENDING']
    const ClientRequestToken = this.#token
    await this.#ask('PutSecretValue', {
      SecretId: this.#arn,
      ClientRequestToken,
      SecretString,
      VersionStages
    })
  }

  async moveCurrent(from: string | undefined): Promise<void> {
    await this.#ask('UpdateSecretVersionStage', {
      ...{ SecretId: this.#arn, VersionStage: 'AWSCURRENT', MoveToVersionId: this.#token },
      ...(from === undefined ? {} : { RemoveFromVersionId: from })
    })
  }

  async #value(request: object): Promise<string> {
    const { SecretString } = await this.#ask('GetSecretValue', request)
    if (typeof SecretString !== 'string') throw failed('the secret has a binary value')
    return SecretString
  }
}

function absent(error: unknown): undefined {
  if (error instanceof ServiceFailure && error.code === 'ResourceNotFoundException') return undefined
  throw error
}
