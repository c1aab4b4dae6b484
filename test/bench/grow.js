/**
 * Makes a small vault grow in one dimension. growth.js bundles this file with the sources and runs it:
 *
 *   node grow.mjs VAULT versions|members|entries|generations COUNT
 *
 * COUNT is how many there are in the end.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { open } from '../../src/app/open.ts'
import { foldLog, hashEntry, signEntry } from '../../src/core/access/accessLog.ts'
import { identityFromSeed } from '../../src/core/crypto/identity.ts'
import { formatDocument, parseDocument } from '../../src/core/format/documents.ts'
import { putSecretValue } from '../../src/operations/putSecretValue.ts'
import { addMember, grant, revoke } from '../../src/vault/team/team.ts'
import { nameOf, valueOf } from './names.js'

const [folder, dimension, text] = process.argv.slice(2)
const count = Number(text)
const vault = await open({ directory: folder, notice: line => console.error(line) })
const identity = await vault.identity()
await { versions, members, entries, generations }[dimension]()
await vault.close()

async function versions() {
  for (let version = 1; version < count; version++)
    await putSecretValue(vault, {
      SecretId: nameOf('nest', 0),
      SecretString: valueOf(version),
      ClientRequestToken: `${'0'.repeat(26)}${String(version).padStart(6, '0')}`
    })
}

async function members() {
  for (let member = 1; member < count; member++) await add(`member-${member}`)
}

async function add(name) {
  const publicKey = identityFromSeed(randomBytes(32)).public.text
  await addMember(vault, { name, publicKey, admin: false, rights: new Map([['default', ['decrypt']]]) })
}

async function generations() {
  await add('leaver')
  const rights = new Map([['default', ['decrypt']]])
  for (let generation = 1; generation < count; generation++) {
    await revoke(vault, 'leaver', rights, () => undefined)
    await grant(vault, 'leaver', rights)
  }
}

/** Thousands of entries, by one commit. */
async function entries() {
  const file = `${folder}/vault/access.yaml`
  const path = 'vault/access.yaml'
  const log = await parseDocument('access', readFileSync(file), path)
  const { vaultId, entries: hashes } = foldLog(log, path)
  const all = [...log.entries]
  let previous = hashes.at(-1)
  while (all.length < count) {
    const entry = signEntry(
      {
        entry: String(all.length + 1),
        previous,
        time: new Date().toISOString(),
        by: identity.public.keyId,
        changes: [{ change: 'names', key: 'default', names: [`team-${all.length}/**`] }]
      },
      vaultId,
      identity.signSecret
    )
    all.push(entry)
    previous = hashEntry(entry)
  }
  writeFileSync(file, formatDocument('access', { ...log, entries: all }, path))
  execFileSync('git', ['commit', '-qam', 'grow'], { cwd: folder })
}
