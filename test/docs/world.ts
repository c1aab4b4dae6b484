import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fastFolder } from '../fastFolder.js'
import { removeFolder } from '../removeFolder.js'

const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))

const PEOPLE = ['ana', 'bob'] as const

/**
 * The people of the documentation: Ana is the admin of a vault in her clone `ana`, with a bare repository beside it. Bob has
 * a home and an empty folder. Their identities have no passphrase, and Bob has none yet.
 */
export class World {
  readonly base = fastFolder('git-vault-docs-')

  static make(): World {
    const world = new World()
    const { base } = world
    mkdirSync(join(base, 'bin'))
    world.program('git-vault', `exec '${process.execPath}' '${PROGRAM}' "$@"`)
    // the programs that a page starts with secrets
    for (const name of ['npm', 'psql', 'kubectl', 'docker', 'use', 'admin-tool'])
      world.program(name, '[ -t 0 ] || cat >/dev/null')
    world.program('some-generator', 'printf %s generated')
    for (const person of PEOPLE) {
      const home = join(base, 'home', person)
      mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 })
      mkdirSync(join(base, person))
      writeFileSync(
        join(home, 'gitconfig'),
        `[user]\n\tname = ${person}\n\temail = ${person}@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n`
      )
    }
    world.#addBob()
    return world
  }

  /** `bob COMMAND` runs it in Bob's clone. */
  #addBob(): void {
    const settings = Object.entries(this.env('bob')).map(([name, value]) => `export ${name}='${value}'\n`)
    this.program('bob', `${settings.join('')}cd '${join(this.base, 'bob')}' && exec "$@"`)
  }

  /** The same, with Ana's vault: prod/db and dev/db are `battery staple`. The tag v1.2 is the first commit with both. */
  static withVault(): World {
    const world = World.make()
    world.run(`
      git init -q && git init -q --bare ../hub.git && git remote add origin ../hub.git
      git-vault identity new --no-passphrase && git-vault init --member ana --yes
      printf 'battery staple' > password.txt
      git-vault put prod/db password.txt --create
      git-vault put dev/db password.txt --create
      git tag v1.2
      git push -q -u origin main`)
    return world
  }

  copy(): World {
    const world = new World()
    cpSync(this.base, world.base, { recursive: true })
    world.#addBob()
    return world
  }

  program(name: string, script: string): void {
    writeFileSync(join(this.base, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  env(person: string): Record<string, string> {
    const home = join(this.base, 'home', person)
    return {
      PATH: `${join(this.base, 'bin')}${delimiter}${process.env['PATH']}`,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_EDITOR: 'true',
      GIT_PAGER: 'cat',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC'
    }
  }

  /** Runs commands in a person's clone, without a terminal. Throws if one fails. */
  run(commands: string, person = 'ana'): void {
    const { status, stdout, stderr } = spawnSync('bash', ['-euc', commands], {
      cwd: join(this.base, person),
      env: this.env(person),
      encoding: 'utf8'
    })
    if (status !== 0) throw new Error(`${commands}\n${stdout}${stderr}`)
  }

  remove(): Promise<void> {
    return removeFolder(this.base)
  }
}
