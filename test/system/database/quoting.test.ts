import * as fc from 'fast-check'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  databaseAccount,
  otherUsername,
  type DatabaseKind
} from '../../../src/core/rotation/databaseSecret.js'
import type { DatabaseSession } from '../../../src/system/database/database.js'
import { databaseClient, logIn } from '../../../src/system/database/logIn.js'
import { DATABASES, type Named, type Tested } from '../../databases/builtin/kit.js'
import { rounds } from '../../vault/fixture.js'

/*
 * Names and passwords with any characters, in the statements that real servers get.
 */

const PRINTABLE = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
const SPECIAL = [...`'"\`\\;%$@#?:{}()[]-_. é中☃`, '\\\\', "''", '--', '/*', 'x', 'NULL']
const text = (units: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...units), { minLength: 1, maxLength }).map(parts => parts.join(''))

/** Names that the server can have: neither MariaDB nor Redis keeps all spaces. */
const NAMES: Readonly<Record<DatabaseKind, fc.Arbitrary<string>>> = {
  postgresql: text(SPECIAL, 12),
  mysql: text(SPECIAL, 12).map(name => `m${name.trim()}`),
  redis: text(SPECIAL, 12).map(name => name.replaceAll(' ', '') || 'r')
}
const PASSWORDS = fc.oneof(
  fc.shuffledSubarray(PRINTABLE, { minLength: 95 }).map(all => all.join('')),
  text(PRINTABLE, 40),
  text(SPECIAL, 20).map(password => `p${password.trim()}`)
)

const HERE = fileURLToPath(import.meta.url)

describe.each(Object.entries(DATABASES))('%s', (_, start) => {
  let tested: Tested
  beforeAll(async () => {
    tested = await start()
  })
  afterAll(() => tested.stop())

  async function session(named: Named): Promise<DatabaseSession> {
    const value = JSON.stringify({ ...tested.place, ...named })
    const client = databaseClient(tested.builtin, HERE)
    const found = await logIn(client, databaseAccount(value, tested.builtin, 'the account'))
    if (found === 'refused') throw new Error(`refused: ${JSON.stringify(named)}`)
    return found
  }

  it('any name gets any password, and the other user what the first one may do', async () => {
    const admin = await session(tested.admin)
    const used = new Set<string>()
    await fc.assert(
      fc.asyncProperty(NAMES[tested.builtin], PASSWORDS, PASSWORDS, async (username, password, other) => {
        fc.pre(!used.has(username) && password !== 'first-one')
        used.add(username)
        await tested.create(username, 'first-one', true)
        const first = await session({ username, password: 'first-one' })
        const { account } = first
        const actor = tested.builtin === 'redis' ? admin : first
        await actor.setPassword({ account, present: 'first-one', password })
        await first.end()
        await actor.keepOnly?.({ account, password })
        expect(await tested.accepts({ username, password: 'first-one' })).toBe(false)
        const second = await session({ username, password })
        await second.read()
        await second.end()

        const clone = otherUsername(username, tested.builtin)
        used.add(clone)
        await admin.setOther({ from: account, username: clone, password: other })
        await (await session({ username: clone, password: other })).end()
        expect(await tested.may({ username: clone, password: other })).toBe(true)
        // and again, as the next rotation but one does
        await admin.setOther({ from: account, username: clone, password })
        expect(await tested.accepts({ username: clone, password })).toBe(true)
      }),
      { numRuns: rounds(20), seed: Number(process.env['GIT_VAULT_TEST_SEED'] ?? 7) }
    )
    await admin.end()
  })
})
