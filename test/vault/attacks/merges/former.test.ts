import { join } from 'node:path'
import { describe, it } from 'vitest'
import { trust } from '../../../../src/app/trust.js'
import { scratch, TestVault, token } from '../../fixture.js'
import { entry, forgePut, forgeSecret, forgeStages, NAME, version } from '../forge.js'
import { as, commitAt, eve, restore } from '../kit.js'
import { refused } from './mergesKit.js'

const FORGED = /signed by eve, who may not sign it.*: git-vault resolve$/

describe('of a former member, a merge refuses', () => {
  it('a put that is dated before the removal', () =>
    refused(
      async attacker => {
        const access = await entry(attacker, 4)
        await forgePut(
          attacker,
          eve,
          { knew: 4, generation: 1 },
          { access, time: '2025-01-01T00:00:00.000Z' }
        )
      },
      /^DocumentRefused: .*stages\.yaml: signed by eve, who may not sign it/,
      { says: FORGED }
    ))

  it('a put with git-vault itself, on a branch from before the removal', () =>
    refused(
      async (attacker, { hub }) => {
        const stale = join(scratch('stale'), 'work')
        attacker.git('clone', '-q', hub, stale)
        const clone = new TestVault(stale, attacker.made)
        clone.clock.time = attacker.clock.time
        clone.git('reset', '-q', '--hard', commitAt('eve'))
        await trust(stale, attacker.made.root)
        await as(eve, clone, api =>
          api.putSecretValue({ SecretId: NAME, SecretString: 'later', ClientRequestToken: token('later') })
        )
        attacker.git('fetch', '-q', stale, 'HEAD')
        attacker.git('reset', '-q', '--hard', 'FETCH_HEAD')
      },
      /^vault\/secrets\/prod\/db\/stages\.yaml: signed by eve, who may not sign it$/,
      { says: FORGED }
    ))

  it('the deletions that their right to manage would have allowed', () =>
    refused(
      attacker =>
        forgeStages(attacker, eve, stages => {
          delete stages.labels['blue']
          stages.pruned = stages.versions[token('two')]!.created
          for (const name of ['one', 'evil', 'two']) {
            delete stages.versions[token(name)]
            attacker.git('rm', '-q', version(name))
          }
        }),
      /^DocumentRefused: .*stages\.yaml: signed by eve, who may not sign it/,
      { says: FORGED }
    ))

  it('a secret that they create again, with an earlier date', () =>
    refused(
      attacker =>
        forgeSecret(attacker, eve, secret => {
          secret.arn = `${secret.arn.slice(0, -6)}AAAAAA`
          secret.created = '2025-01-01T00:00:00.000Z'
        }),
      /^DocumentRefused: .*secret\.yaml: /,
      {}
    ))

  it('what they had signed last, put back over what was signed since', () =>
    refused(attacker => restore(attacker, 'eve', 'vault/secrets', 'vault/keys'), /^DocumentRefused: /, {
      by: 'reset'
    }))
})
