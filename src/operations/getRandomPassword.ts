import type { GetRandomPasswordRequest, GetRandomPasswordResponse } from '../core/generated/requests.js'
import { bytesFor, passwordFrom, passwordRule } from '../core/service/password.js'
import type { Vault } from '../vault/vault.js'

/** Generates a password. Reads nothing from the vault. Secrets Manager: GetRandomPassword. */
export async function getRandomPassword(
  { random }: Pick<Vault, 'random'>,
  request: GetRandomPasswordRequest
): Promise<GetRandomPasswordResponse> {
  const rule = passwordRule(request)
  for (;;) {
    const password = passwordFrom(rule, random.bytes(bytesFor(rule)))
    if (password !== undefined) return { RandomPassword: password }
  }
}
