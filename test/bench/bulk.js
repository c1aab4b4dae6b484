/**
 * Fills a vault with thousands of secrets in seconds: the library's own CreateSecret signs and seals each, but a
 * thousand share one draft, and go into one `git fast-import`. Bundled from the sources and run by vaults.js:
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

const TOGETHER = 1000

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
    // The clones that are measured have their own memory; what was signed here need not be remembered.
    memory: {
      read: async name => (name === 'pin' ? repository.memory.read(name) : undefined),
      update: async () => undefined
    },
    // The one process that writes is running.
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
for (let from = 0; from < Number(size); from += TOGETHER) {
  await vault.write('CreateSecret', async draft => {
    draft.describe('many', [])
    // Each secret would add its own lines to the one message.
    draft.describe = () => undefined
    const together = { write: (_operation, decide) => decide(draft) }
    for (let index = from; index < Math.min(from + TOGETHER, Number(size)); index++) {
      await createSecret(together, {
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
