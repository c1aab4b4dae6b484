import { VaultError } from '../../core/errors.js'
import { parseArn } from '../../core/service/name.js'
import { systemToken } from '../../system/files/random.js'
import type { Vault } from '../../vault/vault.js'
import { findFunction } from './functions.js'

/**
 * Runs the testSecret step of a function on the current value of a secret, and changes nothing. Throws `RotationFailed` if
 * it fails, and `Usage` if no function has the name.
 */
export async function testFunction(vault: Vault, name: string, secretId: string): Promise<void> {
  const { arn, name: secret } = await (await vault.read()).secret(secretId)
  const registered = await findFunction(vault, name)
  if (!vault.rotator)
    throw new VaultError('RepositoryState', 'this is no repository, so no function can run here')
  await vault.rotator.start({
    ...{ arn, name: secret, region: parseArn(arn).region, token: systemToken(), testsOnly: true },
    ...{ function: registered.name, functionArn: registered.name }
  })
}
