import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { resolve, type Resolved } from '../../../src/app/resolve.js'
import { open } from '../../../src/app/open.js'
import { answerId, type Answer, type Question } from '../../../src/vault/resolving/types.js'
import { fastFolder } from '../../fastFolder.js'
import { removeFolder } from '../../removeFolder.js'
import { TestVault } from '../../vault/fixture.js'
import { admit, type Person } from '../../vault/people.js'
import { hubAndVault, syncOf } from '../sync/kit.js'
import { DriverRelay } from './driverRelay.js'

interface Ran {
  readonly status: number
  readonly output: string
}

/** A bare repository and a clone of it with a vault, to be copied for each history. */
export class Template {
  readonly folder = fastFolder('git-vault-histories-')
  readonly relay: DriverRelay
  readonly #vault: TestVault
  readonly #bob: Person

  private constructor(vault: TestVault, bob: Person) {
    this.#vault = vault
    this.#bob = bob
    fs.mkdirSync(join(this.folder, 'relay'))
    this.relay = new DriverRelay(join(this.folder, 'relay'))
  }

  /** The vault has the secrets `db` and `web`, and besides its admin, bob, who has all rights on them. */
  static async make(): Promise<Template> {
    const { hub, ana } = await hubAndVault(Date.now() - 60_000)
    const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' })
    await syncOf(ana)
    const template = new Template(ana, bob)
    fs.cpSync(hub, join(template.folder, 'hub.git'), { recursive: true })
    fs.cpSync(ana.root, join(template.folder, 'work'), { recursive: true })
    for (const path of ['hub.git/hooks', 'work/.git/hooks'])
      fs.rmSync(join(template.folder, path), { recursive: true, force: true })
    const config = join(template.folder, 'work/.git/config')
    const text = fs
      .readFileSync(config, 'utf8')
      .replace(hub, '../hub.git')
      .replace(/driver = .*/, `driver = ${template.relay.command}`)
    fs.writeFileSync(config, `${text}[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n`)
    return template
  }

  /** Clones that have one hub. The odd ones are bob's. */
  async clones(count: number): Promise<Clone[]> {
    const folder = fs.mkdtempSync(join(this.folder, 'history-'))
    fs.cpSync(join(this.folder, 'hub.git'), join(folder, 'hub.git'), { recursive: true })
    return Array.from({ length: count }, (_, at) => {
      const root = join(folder, `clone${at}`)
      fs.cpSync(join(this.folder, 'work'), root, { recursive: true, preserveTimestamps: true })
      const box = new TestVault(root, this.#vault.made)
      box.clock.time = this.#vault.clock.time
      return new Clone(box, this.relay, at % 2 === 0 ? undefined : this.#bob)
    })
  }

  async end(): Promise<void> {
    await removeFolder(this.folder)
  }
}

/** One clone, and its user. */
export class Clone {
  readonly box: TestVault
  readonly person: Person | undefined
  readonly #relay: DriverRelay

  constructor(box: TestVault, relay: DriverRelay, person?: Person) {
    this.box = box
    this.person = person
    this.#relay = relay
  }

  /** Runs something as the clone's user. */
  async as<T>(work: () => Promise<T>): Promise<T> {
    if (this.person) process.env['GIT_VAULT_IDENTITY'] = this.person.secret
    try {
      return await work()
    } finally {
      delete process.env['GIT_VAULT_IDENTITY']
    }
  }

  /** Opens the vault anew, as each command does. */
  async api() {
    return this.box.reopen()
  }

  /** Runs a git command of the user, with this process as the merge driver. */
  async git(...args: string[]): Promise<Ran> {
    const running = new Promise<Ran>(done =>
      execFile(
        'git',
        args,
        { cwd: this.box.root, env: { ...process.env, GIT_EDITOR: 'true' } },
        (error, stdout, stderr) =>
          done({ status: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` })
      )
    )
    return this.as(() => this.#relay.during(running))
  }

  /** What the driver could not merge in the last git command. */
  get conflicts(): readonly string[] {
    return this.#relay.conflicts
  }

  /** Runs `git-vault resolve`, and answers what it asks. */
  async resolve(answer: (question: Question) => Answer): Promise<Resolved> {
    return this.as(async () => {
      const vault = await open(this.box.options)
      try {
        const answers = new Map<string, Answer>()
        for (;;) {
          const options = { names: [], answers, isFinal: false }
          const done = await resolve(this.box.root, vault, options)
          if (done.questions.length === 0) return done
          for (const question of done.questions) answers.set(answerId(question), answer(question))
        }
      } finally {
        await vault.close()
      }
    })
  }
}
