import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeVault, scratch, token, type TestVault } from '../vault/fixture.js'
import { admit } from '../vault/people.js'
import { run } from './world.js'
import { textconv } from '../../src/app/textconv.js'

const program = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))
const STAGES = 'vault/secrets/a/stages.yaml'
/** Signatures, digests, keys and ciphertexts are longer than this; ARNs have other characters. */
const ENCODED = /(?<![\w-])[\w-]{40,}(?![\w-])/
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const CONTROL = /(?!\n)[\u0000-\u001f\u007f-\u009f\u202e\u200b]/

let box: TestVault

beforeAll(async () => {
  box = await makeVault()
  box.git('config', 'diff.git-vault.textconv', `'${process.execPath}' '${program}' textconv`)
  await box.api.createSecret({ Name: 'a', SecretString: 'the-value', ClientRequestToken: token('one') })
  await admit(box, 'bob', { default: 'decrypt' })
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'the-value', ClientRequestToken: token('two') })
  await box.api.tagResource({ SecretId: 'a', Tags: [{ Key: 'k\u001b[31m\u202e', Value: 'x\ny' }] })
})

describe('git with textconv', () => {
  it('shows what a commit changed, one fact on each line', () => {
    const shown = box.git('show', '--format=', 'HEAD~1', '--', STAGES)
    const changed = shown.split('\n').filter(line => /^[+-](?![+-])/.test(line))
    expect(changed.map(line => line.replace(/:.*/, ''))).toEqual([
      '-label AWSCURRENT',
      '-signed',
      `+version ${token('two')}`,
      '+label AWSCURRENT',
      '+label AWSPREVIOUS',
      '+signed'
    ])
    expect(shown).toMatch(new RegExp(`\\+label AWSCURRENT: ${token('two')} since .* moved by alice\n`))
  })

  it('shows members, rights and recipients', () => {
    const shown = box.git('show', '--format=', 'HEAD~2')
    expect(shown).toContain('+member bob: member\n')
    expect(shown).toContain('+rights of bob on default: decrypt\n')
    expect(shown).toContain('+recipient bob\n')
    expect(shown).toContain(' by alice: adds bob as a member; grants bob decrypt on default\n')
  })

  it('shows the whole history without a value, a signature, a key or a control character', () => {
    const shown = box.git('log', '-p', '--format=', '--', 'vault')
    const facts = shown.split('\n').filter(line => /^[+ -](?![+-])/.test(line))
    expect(facts.length).toBeGreaterThan(40)
    expect(facts.filter(line => ENCODED.test(line))).toEqual([])
    expect(facts.join('\n')).not.toMatch(CONTROL)
    expect(facts.join('\n')).toContain('+tag k\\u001b[31m\\u202e: x\\u000ay\n')
    expect(shown).not.toContain('the-value')
  })

  it('goes on after a damaged file, a foreign one and a missing access log', () => {
    box.write(STAGES, box.read(STAGES).replace('format:', 'f\u001bormat:'))
    box.write('vault/notes.txt', 'x\u001b\n')
    box.git('add', '-N', 'vault/notes.txt')
    fs.rmSync(box.path('vault/access.yaml'))
    try {
      const { stdout, stderr, status } = box.tryGit('diff')
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
      expect(stdout).toContain('+damaged: U+001B is not allowed\n')
      expect(stdout).toContain('+f\\u001bormat: "1"\n')
      expect(stdout).toContain('+not a document of a vault\n+x\\u001b\n')
      expect(stdout).toContain('-member bob: member\n')
      // without the access log, a signer has no name
      expect(stdout).toMatch(/-signed: .* by [\w-]{22} for PutSecretValue, state 2\n/)
    } finally {
      box.git('reset', '-q', '--hard')
    }
  })
})

describe('textconv', () => {
  it('follows no link that the repository has in place of the access log', async () => {
    const folder = scratch()
    fs.mkdirSync(join(folder, 'vault'))
    fs.symlinkSync('/dev/zero', join(folder, 'vault/access.yaml'))
    fs.writeFileSync(join(folder, '.vaultrc'), 'vault: vault\n')
    const lines = await textconv(fs.readFileSync(box.path(STAGES)), folder)
    expect(lines.at(-1)).toMatch(/^signed: .* by [\w-]{22} for /)
  })

  it('says that it cannot read a file', async () => {
    const { code, stderr } = await run(['textconv', 'none'])
    expect({ code, stderr }).toEqual({ code: 252, stderr: 'git-vault: cannot read none: ENOENT\n' })
  })
})
