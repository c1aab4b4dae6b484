// Generates src/core/generated from the service's model and the document schemas.
// `npm run generate` writes the files. `npm run generate -- --check` only compares them, and exits 1 on drift.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateModel } from './generate-model.js'
import { generateDocuments } from './generate-documents.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = fileURLToPath(new URL('../src/core/generated/', import.meta.url))
const check = process.argv.includes('--check')

const schemas = readdirSync(here)
  .filter(name => name.endsWith('.schema.json'))
  .sort()
  .map(name => ({ name: name.replace('.schema.json', ''), schema: readJson(name) }))

const files = {
  ...generateModel(readJson('service-model.json')),
  ...(await generateDocuments(schemas))
}

mkdirSync(target, { recursive: true })
let drift = 0
for (const [name, text] of Object.entries(files)) {
  if (readOr(target + name) === text) continue
  if (check) {
    console.error(`src/core/generated/${name} is out of date: run npm run generate`)
    drift = 1
  } else {
    writeFileSync(target + name, text)
    console.log(`src/core/generated/${name}`)
  }
}
process.exitCode = drift

function readJson(name) {
  return JSON.parse(readFileSync(here + name, 'utf8'))
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
