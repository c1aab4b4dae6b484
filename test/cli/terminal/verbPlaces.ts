import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { SCRIPT } from '../../program.js'
import { newPlace, PASSPHRASE, type Place } from '../drive.js'

/** The folders in which commands run, below the home. Each that is not `code` is a copy of it in another state. */
export const PLACES = {
  code: '',
  /** Lacks the last entries of the access log. */
  behind: 'git reset -q --hard members',
  /** Has an older state of other than it has seen. */
  older: 'git reset -q --hard HEAD~1',
  /** Its memory of other is damaged. */
  damaged: 'for file in .git/git-vault/seen/*; do echo x >"$file"; done',
  reverted: 'git revert --no-edit HEAD >/dev/null',
  /** Lacks the merge driver. */
  unwell: 'git config --remove-section merge.git-vault',
  /** A secret was written with a clock far ahead. */
  ahead: 'echo x | NODE_OPTIONS="--require $HOME/ahead.cjs" git-vault put other - 2>/dev/null',
  /** A merge has stopped: one side removed a secret that the other changed. */
  removed:
    'git checkout -q -b side && echo x | git-vault put other - && git checkout -q main && git-vault rm other --force --yes && ! git merge -q side',
  /** A merge has stopped: one version has a value on each side. */
  twice:
    'id=0123456789012345678901234567890123456789; git checkout -q -b side && echo x | git-vault put other - --token $id && git checkout -q main && echo y | git-vault put other - --token $id && ! git merge -q side'
} as const

export type PlaceName = keyof typeof PLACES | 'fresh' | 'stranger'

/** A home with a vault in many states. Its admin has no passphrase, but the identity in `locked.yaml` has one. */
export class VerbPlaces {
  readonly place: Place = newPlace('verbs')
  readonly home = dirname(this.place.repository)
  readonly env: Record<string, string> = {
    ...this.place.env,
    PATH: `${join(this.home, 'bin')}:${process.env['PATH']}`,
    XDG_RUNTIME_DIR: join(this.home, 'run'),
    GIT_VAULT_MEMORY_DIR: fs.mkdtempSync('/dev/shm/git-vault-test-'),
    TMPDIR: join(this.home, 'tmp'),
    GIT_EDITOR: 'true',
    GIT_PAGER: 'cat'
  }

  constructor() {
    for (const folder of ['bin', 'run', 'tmp', 'fresh'])
      fs.mkdirSync(join(this.home, folder), { mode: 0o700 })
    fs.writeFileSync(join(this.home, 'bin/git-vault'), SCRIPT, { mode: 0o755 })
    fs.writeFileSync(
      join(this.home, 'gitconfig'),
      '[user]\n\tname = Ana\n\temail = a@example.com\n[init]\n\tdefaultBranch = main\n'
    )
    fs.writeFileSync(join(this.home, 'ahead.cjs'), 'const { now } = Date; Date.now = () => now() + 864e8')
    this.must('.', 'mv repository code && git init -q --bare hub.git && git init -q code')
    this.must('code', this.#setUp())
    for (const [name, change] of Object.entries(PLACES)) {
      if (name === 'code') continue
      fs.cpSync(join(this.home, 'code'), join(this.home, name), { recursive: true })
      this.must(name, change)
    }
    this.must('.', 'git clone -q hub.git stranger')
  }

  #setUp(): string {
    const zed = 'XDG_CONFIG_HOME="$HOME/zed"'
    return [
      `GIT_VAULT_PASSPHRASE='${PASSPHRASE}' git-vault identity new --file ../locked.yaml`,
      'git-vault identity new --no-passphrase && git-vault init --yes --member ana',
      'git tag begin && git remote add origin ../hub.git',
      'echo "A=1" >../app.env && echo "{\\"a\\":\\"b\\"}" >../value.json && git-vault put prod/db ../value.json --create',
      `${zed} git-vault identity new --no-passphrase`,
      `git-vault member add zed $(${zed} git-vault member request 2>/dev/null) --key default --allow decrypt,write --yes`,
      'echo one | git-vault put other - --create && git tag members && git checkout -q -b zeds',
      `echo by zed | ${zed} git-vault put other - && git checkout -q main && git-vault member remove zed --yes`,
      'XDG_CONFIG_HOME="$HOME/bob" git-vault identity new --no-passphrase',
      'bob=$(XDG_CONFIG_HOME="$HOME/bob" git-vault member request 2>/dev/null)',
      'git-vault member add bob $bob --key default --allow decrypt --yes',
      'git-vault recovery new --shares 2 --threshold 2 --yes --print </dev/null >../shares',
      'XDG_CONFIG_HOME="$HOME/eva" git-vault identity new --no-passphrase',
      'XDG_CONFIG_HOME="$HOME/eva" git-vault member request >../eva.pub 2>/dev/null',
      'for name in here away gone; do echo x | git-vault put $name - --create; done; git-vault rm gone; git-vault put json ../value.json --create',
      'git-vault key new web --names "web/**" --yes && echo x | git-vault put web/x - --create',
      'git-vault label other MINE $(git-vault history other --json | grep -om1 "[0-9a-f-]\\{36\\}")',
      'echo two | git-vault put other - && git push -q -u origin main'
    ].join('\n')
  }

  /** Runs lines of the shell without a terminal. */
  must(folder: string, script: string): void {
    const { status, stdout, stderr } = spawnSync('setsid', ['-w', 'sh', '-ec', script], {
      cwd: join(this.home, folder),
      env: { ...process.env, ...this.env },
      encoding: 'utf8',
      input: ''
    })
    if (status !== 0) throw new Error(`${folder}: ${script}\n${stdout}${stderr}`)
  }

  /** Every file below the home, with a hash of its content, but for what any read changes. */
  state(): Map<string, string> {
    const found = new Map<string, string>()
    for (const folder of [this.home, this.env['GIT_VAULT_MEMORY_DIR']!])
      for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = relative(this.home, join(entry.parentPath, entry.name))
        if (/\.git\/(?:index|git-vault\/(?:accessed|examined|seen)\b)|^run\/git-vault$/.test(path)) continue
        const isFile = entry.isFile()
        const content = isFile ? fs.readFileSync(join(this.home, path)) : ''
        found.set(path, isFile ? createHash('sha256').update(content).digest('hex') : 'folder')
      }
    return found
  }

  remove(): void {
    fs.rmSync(this.env['GIT_VAULT_MEMORY_DIR']!, { recursive: true, force: true })
  }
}
