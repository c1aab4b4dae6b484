/**
 * Times other programs, if they are installed: each does a `read` and a `write` of one secret. The figures
 * give an idea of scale and are not a fair contest: the programs differ in what they sign, sync to disk and
 * commit.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manyValues, valueOf } from './names.js'
import { run } from './processes.js'

const NAME = 'team-0000/secret-00'

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @param commits whether a write is committed by git, if the program does not do so itself
 * @returns {{ reads: Action[], writes: Action[], runners: Action[], found: string[], absent: string[] }} `found`: the programs, by name; `absent`: each missing one, and why
 */
export function otherPrograms(sandbox, entries, commits = false) {
  const found = { reads: [], writes: [], members: [], lists: [], runners: [], found: [], absent: [] }
  for (const { name, needs, prepare } of PROGRAMS) {
    const missing = needs.filter(file => !isInstalled(file, sandbox.env))
    if (missing.length > 0) {
      found.absent.push(`${name}: ${missing.join(', ')} not installed`)
      continue
    }
    try {
      const folder = join(sandbox.folder, `other-${name}`)
      mkdirSync(folder)
      const prepared = prepare(folder, sandbox.env, entries)
      const { read, readName, writeName, member, list } = prepared
      const isCommitted = writeName.endsWith(', with git')
      const write = () => [
        ...prepared.write(),
        ...(commits && !isCommitted ? commitAll(sandbox, folder) : [])
      ]
      // Each is tried once. A program that fails is reported as absent and does not fail the benchmark.
      for (const command of [...write(), ...read()]) run(command)
      found.found.push(name)
      found.reads.push({ name: readName, commands: read })
      found.writes.push({
        name: commits && !isCommitted ? `${writeName}, git commit` : writeName,
        commands: write
      })
      if (list) found.lists.push(list)
      if (member) found.members.push(member)
    } catch (error) {
      found.absent.push(`${name}: ${error.message.replace(/\s+/g, ' ').slice(0, 200)}`)
    }
  }
  for (const { name, needs, prepare } of RUNNERS) {
    const missing = needs.filter(file => !isInstalled(file, sandbox.env))
    if (missing.length > 0) {
      found.absent.push(`${name}: ${missing.join(', ')} not installed`)
      continue
    }
    try {
      const folder = join(sandbox.folder, `run-${name.replace(' ', '-')}`)
      mkdirSync(folder)
      const command = { ...prepare(folder, sandbox.env), expected: manyValues().VAR_199 }
      run(command)
      found.found.push(name)
      found.runners.push({ name: `${name}, with 200 values`, commands: () => [command] })
    } catch (error) {
      found.absent.push(`${name}: ${error.message.replace(/\s+/g, ' ').slice(0, 200)}`)
    }
  }
  return found
}

function commitAll(sandbox, folder) {
  if (!existsSync(join(folder, '.git'))) run(sandbox.git(folder, 'init', '-q'))
  return [sandbox.git(folder, 'add', '-A'), sandbox.git(folder, 'commit', '-qm', 'put', '--allow-empty')]
}

/** Programs that run another one with 200 variables. Each returns the command, which prints the last variable. */
const RUNNERS = [
  {
    name: 'sops exec-env',
    needs: ['sops', 'age-keygen'],
    prepare: (cwd, env) => {
      const recipient = ageKey(cwd, env)
      const own = { ...env, SOPS_AGE_KEY_FILE: join(cwd, 'key') }
      const sops = (...args) => ({ file: 'sops', args, cwd, env: own })
      writeFileSync(join(cwd, 'many.json'), JSON.stringify(manyValues()))
      run(sops('--encrypt', '--age', recipient, '--output', 'many.enc.json', 'many.json'))
      return sops('exec-env', 'many.enc.json', 'printenv VAR_199')
    }
  },
  {
    name: 'fnox exec',
    needs: ['fnox', 'age-keygen'],
    prepare: (cwd, env) => {
      const recipient = ageKey(cwd, env)
      const own = { ...env, FNOX_AGE_KEY_FILE: join(cwd, 'key') }
      const fnox = (...args) => ({ file: 'fnox', args, cwd, env: own })
      writeFileSync(
        join(cwd, 'fnox.toml'),
        `[providers.age]\ntype = "age"\nrecipients = ["${recipient}"]\n\n[secrets]\n`
      )
      for (const [name, value] of Object.entries(manyValues()))
        run(fnox('set', name, value, '--provider', 'age'))
      return fnox('exec', '--', 'printenv', 'VAR_199')
    }
  },
  {
    name: 'dotenvx run',
    needs: ['dotenvx'],
    prepare: (cwd, env) => {
      const dotenvx = (...args) => ({ file: 'dotenvx', args, cwd, env })
      const lines = Object.entries(manyValues()).map(([name, value]) => `${name}="${value}"\n`)
      writeFileSync(join(cwd, '.env'), lines.join(''))
      run(dotenvx('encrypt', '-f', '.env'))
      return dotenvx('run', '-f', '.env', '--quiet', '--', 'printenv', 'VAR_199')
    }
  }
]

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
        list: {
          name: `pass ls, ${entries} entries`,
          commands() {
            const store = env.PASSWORD_STORE_DIR
            mkdirSync(join(store, 'listed'), { recursive: true })
            for (let entry = 0; entry < entries; entry++)
              copyFileSync(join(store, `${NAME}.gpg`), join(store, 'listed', `${entry}.gpg`))
            return [pass('ls')]
          }
        },
        member: {
          name: `pass: init with a second recipient, ${entries} entries`,
          commands() {
            // `pass init` re-encrypts every entry for both recipients, so copies of one entry are enough.
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
    name: 'git-crypt',
    needs: ['git-crypt', 'git'],
    prepare: (cwd, env) => {
      const git = (...args) => ({ file: 'git', args, cwd, env })
      run(git('init', '-q'))
      run({ file: 'git-crypt', args: ['init'], cwd, env })
      writeFileSync(join(cwd, '.gitattributes'), 'secret filter=git-crypt diff=git-crypt\n')
      return {
        readName: 'git-crypt: check out a file',
        read: () => [
          { file: 'sh', args: ['-c', 'rm -f secret && exec git checkout -q -- secret'], cwd, env }
        ],
        writeName: 'git-crypt: commit a file, with git',
        write: () => {
          writeFileSync(join(cwd, 'secret'), fresh())
          return [git('add', '-A'), git('commit', '-qm', 'put')]
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

/** Makes the file `key` in the folder. Returns its recipient. */
function ageKey(cwd, env) {
  run({ file: 'age-keygen', args: ['-o', 'key'], cwd, env })
  return run({ file: 'age-keygen', args: ['-y', 'key'], cwd, env }).trim()
}

/** Returns the user id of a key without a passphrase in the run's own GNUPGHOME. Makes the key once. */
function gpgKey(env, user = 'bench@example.com') {
  const gpg = (...args) => ({ file: 'gpg', args: ['--batch', '--quiet', ...args], env })
  if (!run(gpg('--list-secret-keys', '--with-colons')).includes(user))
    run(gpg('--passphrase', '', '--quick-generate-key', user, 'future-default', 'default', 'never'))
  return user
}

/** A program is installed if it starts, even if it does not know `--version`. */
const isInstalled = (file, env) =>
  spawnSync(file, ['--version'], { env, windowsHide: true }).error === undefined
