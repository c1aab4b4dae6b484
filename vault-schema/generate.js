// Generates src/core/generated from the service's model and the document schemas, and man/ from the help texts and docs/.
// `npm run man` writes the latter alone. `npm run generate` writes the files. `npm run generate -- --check` only compares them, and exits 1 on drift.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateModel } from './generate-model.js'
import { generateDocuments } from './generate-documents.js'
import { generateMan } from './generate-man.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../', import.meta.url))
const check = process.argv.includes('--check')

const schemas = readdirSync(here)
  .filter(name => name.endsWith('.schema.json'))
  .sort()
  .map(name => ({ name: name.replace('.schema.json', ''), schema: readJson(name) }))

const targets = {
  'src/core/generated': async () => ({
    ...generateModel(readJson('service-model.json')),
    ...(await generateDocuments(schemas))
  }),
  man: generateMan
}
const only = process.argv.includes('--man') ? ['man'] : Object.keys(targets)
let drift = 0

for (const target of only) {
  const files = await targets[target]()
  mkdirSync(root + target, { recursive: true })
  for (const [name, text] of Object.entries(files)) update(`${target}/${name}`, text)
  for (const name of readdirSync(root + target)) if (!(name in files)) update(`${target}/${name}`, undefined)
  // npm installs the pages that it names
  if (target === 'man') update('package.json', manifest(Object.keys(files)))
}
process.exitCode = drift

/** Makes a file have this text, or removes it; with --check, says that it differs. */
function update(path, text) {
  if (readOr(root + path) === text) return
  if (check) {
    console.error(`${path} is out of date: run npm run generate`)
    drift = 1
  } else {
    if (text === undefined) rmSync(root + path)
    else writeFileSync(root + path, text)
    console.log(path)
  }
}

function manifest(pages) {
  const own = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  return `${JSON.stringify({ ...own, man: pages.map(name => `man/${name}`).sort() }, undefined, 2)}\n`
}

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
