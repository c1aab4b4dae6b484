/**
 * Other programs at the same work, where they are installed: each a `read` of one secret and a `write` of it. They are
 * company for our figures, no rivals: what they sign, sync to disk and commit differs.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { valueOf } from './names.js'
import { run } from './processes.js'

const NAME = 'team-0000/secret-00'

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @returns {{ reads: Action[], writes: Action[], absent: string[] }} `absent` says what is missing, and why
 */
export function otherPrograms(sandbox, entries) {
  const found = { reads: [], writes: [], members: [], absent: [] }
  for (const { name, needs, prepare } of PROGRAMS) {
    const missing = needs.filter(file => !isInstalled(file, sandbox.env))
    if (missing.length > 0) {
      found.absent.push(`${name}: ${missing.join(', ')} not installed`)
      continue
    }
    try {
      const folder = join(sandbox.folder, `other-${name}`)
      mkdirSync(folder)
      const { read, write, readName, writeName, member } = prepare(folder, sandbox.env, entries)
      // Each is tried once: what does not work here is named, and fails nothing.
      for (const command of [...write(), ...read()]) run(command)
      found.reads.push({ name: readName, commands: read })
      found.writes.push({ name: writeName, commands: write })
      if (member) found.members.push(member)
    } catch (error) {
      found.absent.push(`${name}: ${error.message.replace(/\s+/g, ' ').slice(0, 200)}`)
    }
  }
  return found
}

const PROGRAMS = [
  {
    name: 'age',
    needs: ['age', 'age-keygen'],
    prepare: (cwd, env) => {
      const age = (...args) => ({ file: 'age', args, cwd, env })
      const recipient = ageKey(cwd, env)
      return {
        readName: 'age: decrypt a file',
        read: () => [{ ...age('-d', '-i', 'key', 'secret.age'), expected: 'password' }],
        writeName: 'age: encrypt a file',
        write: () => [{ ...age('-r', recipient, '-o', 'secret.age'), input: fresh() }]
      }
    }
  },
  {
    name: 'pass',
    needs: ['pass', 'gpg', 'git'],
    prepare: (cwd, env, entries) => {
      const pass = (...args) => ({ file: 'pass', args, cwd, env })
      const [key, second] = [gpgKey(env), gpgKey(env, 'second@example.com')]
      for (const args of [
        ['init', key],
        ['git', 'init'],
        ['git', 'config', 'gc.auto', '0']
      ])
        run(pass(...args))
      return {
        readName: 'pass: show',
        read: () => [{ ...pass('show', NAME), expected: 'password' }],
        writeName: 'pass: insert, with git',
        write: () => [{ ...pass('insert', '-m', '-f', NAME), input: fresh() }],
        member: {
          name: `pass: init with a second recipient, ${entries} entries`,
          commands() {
            // every entry is encrypted again for both, so copies of one will do
            const store = env.PASSWORD_STORE_DIR
            const folder = join(store, 'many')
            mkdirSync(folder, { recursive: true })
            for (let entry = 0; entry < entries; entry++)
              copyFileSync(join(store, `${NAME}.gpg`), join(folder, `${entry}.gpg`))
            writeFileSync(join(store, '.gpg-id'), `${key}\n`)
            return [pass('init', key, second)]
          }
        }
      }
    }
  },
  {
    name: 'gopass',
    needs: ['gopass', 'gpg', 'git'],
    prepare: (cwd, env) => {
      const own = {
        ...env,
        GOPASS_HOMEDIR: cwd,
        PASSWORD_STORE_DIR: join(cwd, 'store'),
        GOPASS_NO_NOTIFY: 'true'
      }
      const gopass = (...args) => ({ file: 'gopass', args, cwd, env: own })
      run(gopass('--yes', 'init', '--crypto', 'gpgcli', '--storage', 'gitfs', gpgKey(env)))
      return {
        readName: 'gopass: show',
        read: () => [{ ...gopass('show', NAME), expected: 'password' }],
        writeName: 'gopass: insert, with git',
        write: () => [{ ...gopass('insert', '-m', '-f', NAME), input: fresh() }]
      }
    }
  },
  {
    name: 'sops',
    needs: ['sops', 'age-keygen'],
    prepare: (cwd, env) => {
      const recipient = ageKey(cwd, env)
      const own = { ...env, SOPS_AGE_KEY_FILE: join(cwd, 'key') }
      const sops = (...args) => ({ file: 'sops', args, cwd, env: own })
      return {
        readName: 'sops: decrypt a file',
        read: () => [{ ...sops('--decrypt', 'secret.enc.json'), expected: 'password' }],
        writeName: 'sops: encrypt a file',
        write: () => {
          writeFileSync(join(cwd, 'secret.json'), fresh())
          return [sops('--encrypt', '--age', recipient, '--output', 'secret.enc.json', 'secret.json')]
        }
      }
    }
  },
  {
    name: 'dotenvx',
    needs: ['dotenvx'],
    prepare: (cwd, env) => {
      const dotenvx = (...args) => ({ file: 'dotenvx', args, cwd, env })
      return {
        readName: 'dotenvx: get',
        read: () => [{ ...dotenvx('get', 'SECRET', '-f', '.env'), expected: 'password' }],
        writeName: 'dotenvx: set',
        write: () => [dotenvx('set', 'SECRET', fresh(), '-f', '.env')]
      }
    }
  }
]

let values = 0
const fresh = () => valueOf(`other-${values++}`)

/** Makes `key` in the folder, and gives its recipient. */
function ageKey(cwd, env) {
  run({ file: 'age-keygen', args: ['-o', 'key'], cwd, env })
  return run({ file: 'age-keygen', args: ['-y', 'key'], cwd, env }).trim()
}

/** A key without a passphrase in the run's own GNUPGHOME, made once. */
function gpgKey(env, user = 'bench@example.com') {
  const gpg = (...args) => ({ file: 'gpg', args: ['--batch', '--quiet', ...args], env })
  if (!run(gpg('--list-secret-keys', '--with-colons')).includes(user))
    run(gpg('--passphrase', '', '--quick-generate-key', user, 'future-default', 'default', 'never'))
  return user
}

/** Started, whatever it then says of the option. */
const isInstalled = (file, env) =>
  spawnSync(file, ['--version'], { env, windowsHide: true }).error === undefined
