import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { addProgram, homeEnv, makeHome, makePrograms } from '../cli/terminal/home.js'
import { fastFolder } from '../fastFolder.js'
import { removeFolder } from '../removeFolder.js'

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
    makePrograms(base)
    // the programs that a page starts with secrets
    for (const name of ['npm', 'psql', 'kubectl', 'docker', 'use', 'admin-tool'])
      world.program(name, '[ -t 0 ] || cat >/dev/null')
    world.program('some-generator', 'printf %s generated')
    for (const person of PEOPLE) {
      makeHome(base, person)
      mkdirSync(join(base, person))
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
    addProgram(this.base, name, `#!/bin/sh\n${script}\n`)
  }

  env(person: string): Record<string, string> {
    return homeEnv(this.base, person)
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
