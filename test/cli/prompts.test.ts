import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CTRL_C,
  CTRL_D,
  CTRL_Z,
  ENTER,
  newPlace,
  passphrase,
  PASSPHRASE,
  placeWithVault,
  PROGRAM,
  type Place
} from './drive.js'

const [START, END] = ['\u001b[200~', '\u001b[201~']
const KEY = ['-----BEGIN KEY-----', ...Array<string>(26).fill('A'.repeat(64)), '-----END KEY-----'].join('\n')
const PASTED = KEY.replaceAll('\n', '\r')

let place: Place
let open: Place
beforeAll(async () => {
  place = await placeWithVault('locked')
  open = newPlace('open')
  for (const args of [
    ['identity', 'new', '--no-passphrase'],
    ['init', '--yes', '--member', 'ana']
  ]) {
    const { code, stderr } = open.run(args)
    if (code !== 0) throw new Error(stderr)
  }
}, 240_000)

const put = (typed: string, ...options: string[]) =>
  open.drive(['put', 'pem', '--create', ...options], [{ wait: 'Value of pem', type: typed }])
const stored = () => open.run(['get', 'pem']).stdout

describe('a pasted value', () => {
  it('of several lines is taken whole, and never shown; its length is', () => {
    const { shown, code } = put(START + PASTED + END + ENTER)
    expect(code).toBe(0)
    expect(shown).not.toContain('BEGIN')
    expect(shown).toContain('took 1,727 characters in 28 lines')
    expect(shown).not.toContain('warning')
    expect(stored()).toBe(KEY)
  }, 240_000)

  it('is taken whole from a terminal that does not mark what is pasted', () => {
    expect(put(PASTED + ENTER).shown).toContain('took 1,727 characters in 28 lines')
    expect(stored()).toBe(KEY)
  }, 240_000)

  it('with white space at its end is stored as it is, with a warning', () => {
    const { shown, code } = put(`${START}token\r${END}${ENTER}`)
    expect(code).toBe(0)
    expect(shown).toContain('warning: the value ends in a newline, which is a part of it')
    expect(stored()).toBe('token\n')
  }, 240_000)

  it('with --multiline ends with Ctrl-D', () => {
    const { shown, code } = put(`${PASTED}${ENTER}last${CTRL_D}`, '--multiline')
    expect(code).toBe(0)
    expect(shown).toContain('end it with Ctrl-D')
    expect(stored()).toBe(`${KEY}\nlast`)
  }, 240_000)

  it('with --confirm is asked for twice; if the two differ, nothing is stored', () => {
    const twice = (second: string) =>
      open.drive(
        ['put', 'pem', '--confirm'],
        [
          { wait: 'Value of pem', type: `one${ENTER}` },
          { wait: 'again', type: second + ENTER }
        ]
      )
    const before = stored()
    const { shown, code } = twice('other')
    expect(code).toBe(252)
    expect(shown).toContain('the two values differ')
    expect(stored()).toBe(before)
    expect(twice('one').code).toBe(0)
    expect(stored()).toBe('one')
  }, 240_000)

  it('is not stored after Ctrl-C, and the terminal is left as it was', () => {
    const { shown, code } = put(`abc${CTRL_C}`)
    expect(code).toBe(130)
    expect(shown.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(shown.lastIndexOf('\u001b[?2004h'))
    expect(stored()).toBe('one')
  }, 240_000)

  it('is asked for anew after Ctrl-Z and fg; what was typed before, and for the shell, is no part of it', () => {
    const { shown } = open.drive(
      [],
      [
        { wait: 'shell> ', type: `'${process.execPath}' '${PROGRAM}' put pem${ENTER}` },
        { wait: 'Value of pem', type: `half${CTRL_Z}` },
        { wait: 'Stopped', type: `echo $((6*7))${ENTER}` },
        { wait: '42', type: `fg${ENTER}` },
        { wait: 'Value of pem', type: `whole${ENTER}` },
        { wait: 'took 5 characters', type: '' },
        { wait: 'shell> ', type: `exit 0${ENTER}` }
      ],
      { argv: ['bash', '--norc', '-i'], env: { PS1: 'shell> ' } }
    )
    expect(shown).not.toContain('whole')
    expect(stored()).toBe('whole')
  }, 240_000)

  it('is asked for anew after Ctrl-Z if no shell can stop the program', () => {
    const { code } = open.drive(
      ['put', 'pem'],
      [
        { wait: 'Value of pem', type: `half${CTRL_Z}` },
        { wait: 'Value of pem', type: `one${ENTER}` }
      ]
    )
    expect(code).toBe(0)
    expect(stored()).toBe('one')
  }, 240_000)

  it('without a terminal is refused at once', () => {
    expect(open.run(['put', 'pem'])).toMatchObject({
      code: 252,
      stderr:
        'git-vault: cannot ask for the value: no terminal\ngit-vault: hint: pass FILE, or - to read standard input\n'
    })
    expect(open.run(['put', 'pem', '-', '--confirm'], { input: 'x' }).stderr).toContain(
      '--confirm is for a value that put asks for'
    )
  })
})

describe('the passphrase', () => {
  it('is asked for at the terminal if the value comes by a pipe', () => {
    const { shown, code } = place.drive(['put', 'piped', '-', '--create'], [passphrase], {
      stdin: 'by a pipe\n'
    })
    expect({ code, shown }).toMatchObject({ code: 0 })
    expect(place.drive(['get', 'piped'], [passphrase]).shown).toContain('by a pipe')
  }, 240_000)

  it('may be wrong twice', () => {
    const wrong = { wait: passphrase.wait, type: `wrong${ENTER}` }
    const { shown, code } = place.drive(
      ['get', 'piped'],
      [wrong, { wait: 'Wrong passphrase. Try again, attempt 2 of 3', type: passphrase.type }]
    )
    expect(code).toBe(0)
    expect(shown).toContain('by a pipe')
  }, 240_000)

  it('of several pasted lines is refused, not cut', () => {
    const { shown, code } = place.drive(
      ['get', 'piped'],
      [{ wait: passphrase.wait, type: `${START}one\rtwo${END}${ENTER}` }]
    )
    expect(code).toBe(252)
    expect(shown).toContain('the answer has several lines, and only one is expected')
  }, 240_000)

  it('is never waited for without a terminal', () => {
    expect(place.run(['get', 'piped'])).toMatchObject({ code: 253, stdout: '' })
    expect(place.run(['identity', 'passphrase'])).toMatchObject({ code: 253, stdout: '' })
    expect(
      place.run(['identity', 'passphrase'], { env: { GIT_VAULT_PASSPHRASE: PASSPHRASE } })
    ).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('cannot ask for a new passphrase') as string
    })
  }, 240_000)

  it('is changed by identity passphrase, after a weak one was refused; Ctrl-C changes nothing', () => {
    const file = join(place.env['XDG_CONFIG_HOME']!, 'git-vault/identity.yaml')
    const before = fs.readFileSync(file)
    const steps = [passphrase, { wait: 'New passphrase', type: `hunter2${ENTER}` }]
    const stopped = place.drive(
      ['identity', 'passphrase'],
      [...steps, { wait: 'New passphrase', type: CTRL_C }]
    )
    expect(stopped.code).toBe(130)
    expect(stopped.shown).toContain('that passphrase is weak: it has 7 characters')
    expect(fs.readFileSync(file)).toEqual(before)
    const other = 'another good one'
    const { shown, code } = place.drive(
      ['identity', 'passphrase'],
      [passphrase, { wait: 'New passphrase', type: other + ENTER }, { wait: 'Repeat', type: other + ENTER }]
    )
    expect(code).toBe(0)
    expect(shown).toContain('now has a new passphrase')
    expect(fs.readdirSync(join(file, '..'))).toEqual(['identity.yaml'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    const get = (GIT_VAULT_PASSPHRASE: string) =>
      place.run(['get', 'piped'], { env: { GIT_VAULT_PASSPHRASE } })
    expect(get(PASSPHRASE).code).toBe(253)
    expect(get(other).stdout).toBe('by a pipe\n')
    // and it can be removed, and added again
    expect(
      place.run(['identity', 'passphrase', '--no-passphrase'], { env: { GIT_VAULT_PASSPHRASE: other } }).code
    ).toBe(0)
    expect(place.run(['get', 'piped']).stdout).toBe('by a pipe\n')
    const words = join(place.repository, '..', 'words')
    fs.writeFileSync(words, `${PASSPHRASE}\n`)
    expect(place.run(['identity', 'passphrase', '--passphrase-file', words]).code).toBe(0)
    expect(get(PASSPHRASE).stdout).toBe('by a pipe\n')
  }, 300_000)
})

describe('identity', () => {
  it('export --for-ci prints the one string with which a clone reads', () => {
    expect(open.run(['identity', 'export'])).toMatchObject({ code: 252, stdout: '' })
    const { code, stdout, stderr } = open.run(['identity', 'export', '--for-ci'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^gvsec1_[\w-]{48}\.[\w-]{43}\n$/)
    expect(stderr).toContain('store it as the secret GIT_VAULT_IDENTITY of your CI')
    const clone = join(open.repository, '..', 'clone')
    const env = { GIT_VAULT_IDENTITY: stdout.trim(), XDG_CONFIG_HOME: join(open.repository, '..', 'none') }
    const cloned = open.run(['clone', open.repository, clone], { env })
    expect(cloned).toMatchObject({ code: 0 })
    expect(open.run(['-C', clone, 'get', 'pem'], { env }).stdout).toBe('one')
  }, 240_000)

  it('new says to keep a copy of the file', () => {
    const { shown } = newPlace('new').drive(['identity', 'new', '--no-passphrase'], [])
    expect(shown.replace(/\s+/g, ' ')).toContain('keep a copy of this file in a safe place')
  }, 240_000)
})

it('init says that there is a vault before it asks anything', () => {
  const { shown, code } = open.drive(['init'], [])
  expect(code).toBe(255)
  expect(shown).toContain('this repository already has a vault: .vaultrc exists')
  expect(shown).not.toContain('?')
}, 240_000)

it('init creates an identity unless told not to, and checks each answer when it is given', () => {
  const fresh = newPlace('fresh')
  const { shown, code } = fresh.drive(
    ['init'],
    [
      { wait: 'Create one?', type: ENTER },
      { wait: 'Passphrase for the new', type: PASSPHRASE + ENTER },
      { wait: 'Repeat', type: PASSPHRASE + ENTER },
      { wait: 'Folder of the vault', type: `secret files${ENTER}` },
      { wait: 'letters, digits', type: `\u0015../out${ENTER}` },
      { wait: 'must be a folder inside the repository', type: `\u0015vault${ENTER}` },
      { wait: 'Region', type: ENTER },
      { wait: 'Account', type: ENTER },
      { wait: 'Your name', type: `\u0015ana${ENTER}` }
    ],
    { env: { AWS_REGION: '', AWS_DEFAULT_REGION: '' } }
  )
  expect({ code, shown }).toMatchObject({ code: 0 })
  expect(shown).toContain('ana is its admin')
}, 240_000)

it('member add offers the keys and rights that there are, and says what can be read; no word of a fingerprint is broken', () => {
  const bob = newPlace('bob')
  const facts = bob.run(['identity', 'new', '--no-passphrase']).stdout
  const [publicKey, words] = [/gvpub1_\S+/.exec(facts)![0], /fingerprint {2}(.+)/.exec(facts)![1]!.split(' ')]
  expect(open.run(['key', 'new', 'prod', '--names', 'prod/**', '--yes']).code).toBe(0)
  const SPACE = ' '
  const corrected = open.drive(
    ['member', 'add'],
    [
      { wait: 'Name of the new member', type: `Bob B${ENTER}` },
      { wait: 'lowercase letters', type: `\u0015bob${ENTER}` },
      { wait: 'Their public string', type: publicKey.slice(0, -1) + ENTER },
      { wait: 'is not a valid gvpub1_', type: `\u0015${publicKey}${ENTER}` },
      { wait: 'Keys to grant rights on', type: CTRL_C }
    ]
  )
  expect(corrected).toMatchObject({ code: 130 })
  const cut = open.drive(['member', 'add', 'bob', publicKey.slice(0, -1), '--admin'], [])
  expect(cut).toMatchObject({ code: 252 })
  expect(cut.shown).toContain('that is not a valid gvpub1_… string')
  expect(cut.shown).not.toContain('fingerprint')
  const stopped = open.drive(
    ['member', 'add', 'bob', publicKey],
    [{ wait: 'Keys to grant rights on', type: CTRL_C }]
  )
  expect(stopped.code).toBe(130)
  const { shown, code } = open.drive(
    ['member', 'add', 'bob', publicKey],
    [
      { wait: 'Keys to grant rights on', type: ENTER },
      { wait: 'Rights to grant on them', type: ENTER },
      { wait: 'read the same words to you?', type: `y${ENTER}` }
    ],
    { columns: 40 }
  )
  expect({ code, shown }).toMatchObject({ code: 0 })
  expect(shown).toContain('prod  covers prod/**')
  expect(shown.replace(/\s+/g, SPACE)).toContain(
    'bob will be able to read every value written so far under default (**)'
  )
  for (const word of words) expect(shown.split(/\s+/)).toContain(word)
  expect(open.run(['member', 'show', 'bob']).stdout).toContain('decrypt, encrypt, manage on default')
}, 240_000)

it('--allow write is encrypt and manage, to grant and to revoke', () => {
  expect(open.run(['member', 'grant', 'bob', '--key', 'prod', '--allow', 'write'])).toMatchObject({
    code: 0,
    stdout: 'granted bob encrypt, manage on prod\n'
  })
  expect(open.run(['member', 'revoke', 'bob', '--key', 'prod', '--allow', 'write', '--yes']).code).toBe(0)
  expect(open.run(['member', 'grant', 'bob', '--key', 'prod', '--allow', 'all'])).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('or write for encrypt,manage') as string
  })
}, 240_000)
