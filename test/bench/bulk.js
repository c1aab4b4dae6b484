/**
 * Fills a vault with thousands of secrets in seconds. The library's own CreateSecret signs and seals each
 * one, but a thousand secrets share one draft, and all commits go through one `git fast-import`. vaults.js
 * bundles this file with the sources and runs it:
 *
 *   node bulk.mjs BASE TARGET BRANCH LAYOUT SIZE
 *
 * BASE is a work tree with an empty vault, TARGET a bare clone of it, in which BRANCH is made.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createSecret } from '../../src/operations/createSecret.ts'
import { loadIdentity } from '../../src/app/identityFile.ts'
import { systemClock } from '../../src/system/files/clock.ts'
import { systemRandom } from '../../src/system/files/random.ts'
import { openRepository } from '../../src/system/repository.ts'
import { Vault } from '../../src/vault/vault.ts'
import { nameOf, valueOf } from './names.js'

const BATCH_SIZE = 1000

const [base, target, branch, layout, size] = process.argv.slice(2)
const repository = await openRepository(base)
const importer = spawn('git', ['-C', target, 'fast-import', '--quiet', '--done'], {
  stdio: ['pipe', 'inherit', 'inherit']
})

const vault = new Vault({
  repository: {
    root: repository.root,
    branch: () => repository.branch(),
    workTree: repository.workTree,
    // Nothing to remember here: the measured clones each keep their own memory.
    memory: {
      read: async name => (name === 'pin' ? repository.memory.read(name) : undefined),
      update: async () => undefined
    },
    // Nothing to prepare: this is the only process that writes.
    prepareCommit: async () => undefined,
    close: async () => undefined,
    async commit(decide) {
      const { change, value } = await decide(repository.workTree)
      await send(change)
      return { value }
    }
  },
  clock: systemClock,
  random: systemRandom,
  identity: () => loadIdentity(process.env),
  trustedRoot: async () => undefined,
  notice: line => console.error(line)
})

await write(`reset refs/heads/${branch}\nfrom refs/heads/main^0\n\n`)
for (let from = 0; from < Number(size); from += BATCH_SIZE) {
  await vault.write('CreateSecret', async draft => {
    draft.describe('many', [])
    // Otherwise every secret would add its own lines to the commit message.
    draft.describe = () => undefined
    const sharedDraft = { write: (_operation, decide) => decide(draft) }
    for (let index = from; index < Math.min(from + BATCH_SIZE, Number(size)); index++) {
      await createSecret(sharedDraft, {
        Name: nameOf(layout, index),
        ClientRequestToken: randomUUID(),
        SecretString: valueOf(index)
      })
    }
  })
}
await write('done\n')
importer.stdin.end()
const [status] = await once(importer, 'close')
await repository.close()
process.exitCode = status

async function send({ files, message, time }) {
  const text = Buffer.from(message)
  await write(
    `commit refs/heads/${branch}\ncommitter Bench <bench@example.com> ${Math.floor(time / 1000)} +0000\n`
  )
  await write(`data ${text.length}\n`, text, '\n')
  for (const [path, bytes] of files)
    await write(`M 100644 inline ${path}\ndata ${bytes.length}\n`, bytes, '\n')
}

async function write(...parts) {
  for (const part of parts) if (!importer.stdin.write(part)) await once(importer.stdin, 'drain')
}
