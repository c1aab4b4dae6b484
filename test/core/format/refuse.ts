import { readFileSync } from 'node:fs'
import { checkNextEntry, entryHashes, foldLogInTurns } from '../../../src/core/access/accessLog.js'
import { parseDocument, type Kind } from '../../../src/core/format/documents.js'
import { sodiumReady } from '../../../src/core/sodium.js'

/**
 * A program that reads files of one kind, one after the other, as a process of its own. It prints how many were refused, and
 * the most memory that the process ever had, in bytes. An access log is refused after its hashes and its first signature, as
 * that of a stranger is; or with `fold`, by a rule at its end, as that of an admin is.
 */
const [, , how, kind, ...files] = process.argv as [string, string, 'check' | 'fold', Kind, ...string[]]

async function read(file: string): Promise<void> {
  const document = await parseDocument(kind, readFileSync(file), 'x')
  if (!('entries' in document)) return
  await entryHashes(document)
  if (how === 'fold') await foldLogInTurns(document, 'x')
  else await checkNextEntry(document, 'x', 0)
}

await sodiumReady
let refused = 0
for (const file of files) {
  try {
    await read(file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'DocumentRefused') throw error
    refused++
  }
}
// in kibibytes on every system
process.stdout.write(JSON.stringify({ refused, memory: process.resourceUsage().maxRSS * 1024 }))
