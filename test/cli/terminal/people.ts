import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fastFolder } from '../../fastFolder.js'
import { createIdentity } from '../../identityWithPassphrase.js'
import { removeFolder } from '../../removeFolder.js'
import { addProgram, homeEnv, makeHome, makePrograms } from './home.js'

export const PASSPHRASE = 'a passphrase that is typed'

/**
 * Merges a branch into main of the bare repository with git's plumbing, as a host's button does: no driver runs. A file in
 * conflict is taken from main, as by somebody who clicks `keep ours` in the host's editor.
 */
const HOST_MERGE = `#!/bin/sh
set -e
cd ../hub.git
export GIT_INDEX_FILE="$PWD/host-index" GIT_AUTHOR_NAME=host GIT_AUTHOR_EMAIL=host@example.com
export GIT_COMMITTER_NAME=host GIT_COMMITTER_EMAIL=host@example.com
merged=$(git merge-tree --write-tree --name-only --no-messages main "$1" || true)
git read-tree "$(echo "$merged" | head -n 1)"
echo "$merged" | sed 1d | sort -u | while read -r file; do
  [ -z "$file" ] || git update-index --cacheinfo "100644,$(git rev-parse "main:$file"),$file"
done
git update-ref refs/heads/main "$(git commit-tree -p main -p "$1" -m "Merge $1" "$(git write-tree)")"
rm "$GIT_INDEX_FILE"
`

export type Person = 'ana' | 'bob'

export const PEOPLE: readonly Person[] = ['ana', 'bob']

/**
 * Two people, each with a clone of one vault and an identity with a passphrase, and the bare repository between them. Ana
 * is an admin. The secrets are prod/db and other. The branch `begin` is where both start.
 */
export class Machines {
  readonly base = fastFolder('git-vault-people-')

  private constructor() {}

  static async make(): Promise<Machines> {
    const machines = new Machines()
    await machines.setUp()
    return machines
  }

  copy(): Machines {
    const machines = new Machines()
    cpSync(this.base, machines.base, { recursive: true })
    return machines
  }

  private async setUp(): Promise<void> {
    const { base } = this
    makePrograms(base)
    addProgram(base, 'host-merge', HOST_MERGE)
    for (const person of PEOPLE) {
      makeHome(base, person)
      await createIdentity(join(base, 'home', person, '.config/git-vault/identity.yaml'), PASSPHRASE)
    }
    mkdirSync(join(base, 'ana'))
    this.run('ana', 'git init -q && git init -q --bare ../hub.git && git remote add origin ../hub.git')
    this.run('ana', 'git-vault unlock && git-vault init --member ana --yes')
    for (const name of ['prod/db', 'other'])
      this.run('ana', `printf 'one of ${name}' | git-vault put ${name} - --create`)
    this.run('ana', 'git push -q -u origin main')
    const root = this.run('ana', 'git-vault trust').replace(/^[^]*root ([\w-]+)[^]*$/, '$1')
    this.run('ana', `git-vault clone ${base}/hub.git ${base}/bob --root ${root}`, 'bob')
    this.run('bob', 'git remote set-url origin ../hub.git')
    const request = this.run('bob', 'git-vault member request').trim()
    this.run('ana', `git-vault member add bob ${request} --key default --allow decrypt,encrypt,manage --yes`)
    this.run('ana', 'git push -q')
    this.run('bob', 'git pull -q')
    this.run('ana', 'git-vault lock')
    for (const person of PEOPLE) this.run(person, 'git tag begin')
  }

  /** The environment of a person's terminal. */
  env(person: Person): Record<string, string> {
    return homeEnv(this.base, person)
  }

  /** Runs a command in a person's clone, without a terminal. Returns what it printed. Throws if it fails. */
  run(person: Person, command: string, as = person): string {
    const { status, stdout, stderr } = this.try(person, command, as)
    if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`)
    return stdout
  }

  try(person: Person, command: string, as = person) {
    return spawnSync('sh', ['-c', command], {
      cwd: join(this.base, person),
      env: { ...this.env(as), GIT_VAULT_PASSPHRASE: PASSPHRASE },
      encoding: 'utf8'
    })
  }

  remove(): Promise<void> {
    return removeFolder(this.base)
  }
}
