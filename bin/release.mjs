// Builds a release into release/, and checks one: see docs/release.md.
//   npm run release -- [--targets linux-x64,…] [--output FOLDER] [--only-executables]
//   npm run release -- --check FOLDER --public-key FILE
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { licences, root, version } from './bundling.mjs'
import { npm, program } from './program.mjs'
import { bundleExecutable, compile } from './release/bundle.mjs'
import { ending, runtimeVersion, targets } from './release/runtimes.mjs'
import { sbomOf } from './release/sbom.mjs'
import { checkRelease, sign, SIGNATURE, SUMS, sumsOf } from './release/signature.mjs'
import { tarOf } from './release/tar.mjs'

const KEY = 'GIT_VAULT_RELEASE_KEY_FILE'
/** Of packages under the MIT licence that have no file with its text. */
const HOLDERS = {
  '@redis/client': '2022-2023, Redis, inc.',
  'pg-types': '2014 Brian M. Carlson',
  pgpass: '2013-2016 Hannes Hörl'
}
const SHELLS = { bash: 'git-vault.bash', zsh: '_git-vault', fish: 'git-vault.fish' }

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: targets.join(',') },
    output: { type: 'string', default: join(root, 'release') },
    'only-executables': { type: 'boolean', default: false },
    check: { type: 'string' },
    'public-key': { type: 'string' }
  }
})

if (values.check === undefined) await makeRelease(resolve(values.output), values.targets.split(','))
else if (values['public-key'] === undefined) throw new Error('--check needs --public-key FILE')
else {
  await checkRelease(values.check, readFileSync(values['public-key']))
  console.log(`${values.check}: signed by this key, and each file has its sum`)
}

async function makeRelease(folder, chosen) {
  const unknown = chosen.find(target => !targets.includes(target))
  if (unknown !== undefined) throw new Error(`there is no target ${unknown}: ${targets.join(', ')}`)
  // read before the work, so that a wrong path fails at once
  const keyFile = process.env[KEY] ?? ''
  const key = keyFile === '' ? undefined : readFileSync(keyFile)
  const time = Number(git('log', '-1', '--format=%ct'))
  if (git('status', '--porcelain') !== '') {
    if (key !== undefined) throw new Error('the work tree has changes: only a release of a commit is signed')
    console.error('release: the work tree has changes: not of a commit')
  }

  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const scratch = newScratch()
  try {
    const metafile = await bundleExecutable(scratch)
    for (const target of chosen) {
      compile(scratch, target, join(folder, `git-vault-${version}-${target}${ending(target)}`))
      console.error(`release: built for ${target}`)
    }
    if (values['only-executables']) return
    const [file, ...before] = npm()
    // builds, too
    run(file, [...before, 'pack', '--silent', '--pack-destination', folder])
    const texts = tarOf(completionsAndManual(), time)
    writeFileSync(join(folder, `git-vault-${version}-completions-man.tar.gz`), gzipSync(texts, { level: 9 }))
    writeFileSync(join(folder, `git-vault-${version}.cdx.json`), sbomOf(metafile, time))
    writeFileSync(join(folder, 'THIRD_PARTY_LICENSES.txt'), thirdParties(metafile))
    copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
    const sums = sumsOf(folder)
    writeFileSync(join(folder, SUMS), sums)
    await signSums(folder, sums, key)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Its path is in the executables, so it is always the same. It must not exist: nobody else may have put files there. */
function newScratch() {
  const folder = join(tmpdir(), 'git-vault-release')
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    throw new Error(`${folder} exists: another release is being built, or one was stopped; then remove it`, {
      cause: error
    })
  }
  return folder
}

async function signSums(folder, sums, key) {
  if (key === undefined) {
    console.error(`release: not signed: ${KEY} does not name the file of the release key`)
    return
  }
  const { signature, publicKey } = await sign(Buffer.from(sums), key)
  writeFileSync(join(folder, SIGNATURE), signature)
  console.error(`release: signed; the public key is\n${String(publicKey)}`)
}

/** Returns the content of each file by path. */
function completionsAndManual() {
  const pages = readdirSync(join(root, 'man')).map(name => [
    `man/man1/${name}`,
    readFileSync(join(root, 'man', name))
  ])
  const shells = Object.entries(SHELLS).map(([shell, name]) => [
    `completions/${shell}/${name}`,
    execFileSync(process.execPath, [join(root, 'bin/git-vault.js'), 'completion', shell])
  ])
  return new Map([...pages, ...shells])
}

function thirdParties(metafile) {
  const mit = readFileSync(join(root, 'bin/release/mit.txt'), 'utf8')
  const texts = Object.fromEntries(
    Object.entries(HOLDERS).map(([name, holder]) => [
      name,
      mit.replace('COPYRIGHT', `Copyright (c) ${holder}`)
    ])
  )
  return `${licences([metafile], texts)}
${'-'.repeat(80)}

The executables contain Bun ${runtimeVersion} (MIT), the package @oven/bun-… of the npm registry, unchanged. Bun contains
JavaScriptCore and other parts of WebKit (LGPL-2.1), and further libraries that it lists in its LICENSE.md. To replace
any of them, build the executables with your own Bun: docs/release.md says how.
`
}

function git(...args) {
  return execFileSync(program('git'), ['-C', root, ...args], { encoding: 'utf8' }).trim()
}

function run(file, args) {
  execFileSync(file, args, { cwd: root, stdio: ['ignore', 2, 'inherit'] })
}
