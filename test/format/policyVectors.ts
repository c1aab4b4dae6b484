import { foldLog } from '../../src/core/access/accessLog.js'
import { isProvenPolicy, provePolicy, type PolicyRegister } from '../../src/core/access/policyProof.js'
import { teamLog } from './accessVectors.js'
import { hex, logOf, type Person, time } from './kit.js'

/** Policies of one secret, and whether their proof is accepted, so that an Allow in them takes effect. */
export function policyVectors() {
  const { people, log, vaultId } = teamLog()
  const { alice, bob, carol, dave } = people
  const secret = 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbC123'
  const access = foldLog(logOf(log), 'access.yaml')
  const value = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}\n'
  const changed = time(5)
  const proved = (who: Person, at = { vaultId, secret }, more = {}) =>
    provePolicy({ value, changed, ...more }, at, who)
  const good = proved(carol)
  const policies: [name: string, policy: PolicyRegister][] = [
    ['by a member with decrypt', good],
    ['without a proof', { value, changed }],
    ['cleared', { changed }],
    ['by a member with manage', proved(dave)],
    ['by a member with encrypt', proved(bob)],
    ['by an admin without decrypt', proved(alice)],
    ['by a member with manage under the name of one with decrypt', { ...proved(dave), by: good.by! }],
    ['with the proof of another text', { ...good, value: value.trim() }],
    ['with the proof of another time', { ...good, changed: time(6) }],
    ['with the proof for another secret', proved(carol, { vaultId, secret: `${secret.slice(0, -1)}4` })],
    ['with the proof for another vault', proved(carol, { vaultId: good.by!, secret })]
  ]
  const holder = ({ public: { keyId, signKey } }: Person) => ({ keyId, signKey: hex(signKey) })
  return {
    vaultId,
    secret,
    /** The members who hold `decrypt` on the secret's key. */
    decrypt: [carol].map(holder),
    policies: policies.map(([name, policy]) => ({
      name,
      policy,
      accepted: isProvenPolicy(policy, { access, secret, key: 'prod' })
    }))
  }
}
