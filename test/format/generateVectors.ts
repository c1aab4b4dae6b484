/**
 * Generates `vault-schema/vectors`, the same bytes each time. From the repository's root:
 *
 *     npx esbuild test/format/generateVectors.ts --bundle --packages=external --platform=node --format=esm \
 *       --outfile=node_modules/.cache/generateVectors.mjs && node node_modules/.cache/generateVectors.mjs
 *
 * A changed vector is a change of the format: other implementations and existing vaults depend on it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { sodiumReady } from '../../src/core/sodium.js'
import { accessVectors } from './accessVectors.js'
import { arnVectors } from './arnVectors.js'
import {
  canonicalVectors,
  encodingVectors,
  identityVectors,
  messageVectors,
  pathVectors,
  yamlVectors
} from './plainVectors.js'
import { policyVectors } from './policyVectors.js'
import { shareVectors } from './shareVectors.js'
import { valueVectors, vaultVectors } from './vaultVectors.js'

export const FOLDER = 'vault-schema/vectors'

/** Returns the text of each file, by its name. */
export async function generateVectors(): Promise<Record<string, string>> {
  await sodiumReady
  const files = {
    'encoding.json': encodingVectors(),
    'canonical.json': canonicalVectors(),
    'yaml.json': await yamlVectors(),
    'paths.json': pathVectors(),
    'arns.json': arnVectors(),
    'identity.json': await identityVectors(),
    'shares.json': shareVectors(),
    'message.json': messageVectors(),
    'values.json': valueVectors(),
    'policies.json': policyVectors(),
    'access.json': accessVectors(),
    'vault.json': vaultVectors()
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, vectors]) => [name, `${JSON.stringify(vectors, null, 2)}\n`])
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(FOLDER, { recursive: true })
  for (const [name, text] of Object.entries(await generateVectors())) writeFileSync(`${FOLDER}/${name}`, text)
}
