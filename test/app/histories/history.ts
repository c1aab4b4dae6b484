import * as fs from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../../src/index.js'
import type { Resolved } from '../../../src/app/resolve.js'
import type { Synced } from '../../../src/app/sync/types.js'
import { addKey, addMember, grant, removeMember } from '../../../src/vault/team/team.js'
import { picker } from '../../random.js'
import { token } from '../../vault/fixture.js'
import { newPerson, rights } from '../../vault/people.js'
import { openAs, syncOf } from '../sync/kit.js'
import type { Clone, Template } from './clones.js'

const NAMES = ['db', 'web', 'prod/x']
const LABELS = ['blue', 'green']
const quiet = (): void => undefined
/** Operations that git ends only when it is told to. */
const IN_PROGRESS = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply']
/** The service's answers to what a secret's state does not allow. */
const SERVICE = /^(?:InvalidRequest|ResourceNotFound|ResourceExists|InvalidParameter|LimitExceeded)/

type Step = (clone: Clone, name: string) => Promise<unknown>

/** One random history: steps in several clones of one vault, and what they acknowledged. */
export class History {
  readonly clones: readonly Clone[]
  /** The versions that were acknowledged, by ARN. */
  readonly acknowledged = new Map<string, Set<string>>()
  /** What was done, for the message of a failure. */
  readonly log: string[] = []
  /** What a person was asked. */
  readonly asked: string[] = []
  /** The kinds of steps that were made. */
  readonly made = new Set<string>()
  readonly #pick: (below: number) => number
  readonly #start = Date.now()
  #serial = 0
  #members: string[] = []
  readonly #names = [...NAMES]

  private constructor(clones: readonly Clone[], pick: (below: number) => number) {
    this.clones = clones
    this.#pick = pick
  }

  static async begin(template: Template, seed: number): Promise<History> {
    const pick = picker(seed)
    // mostly two clones, up to five
    return new History(await template.clones(2 + [0, 0, 0, 0, 0, 1, 1, 1, 2, 3][pick(10)]!), pick)
  }

  async steps(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      const at = this.#pick(this.clones.length)
      const name = this.#names[this.#pick(this.#names.length)]!
      await this.#step(at, this.#kind(at), name)
    }
  }

  /** Puts and meetings are the most frequent. Only one clone removes members, and adds keys. */
  #kind(at: number): string {
    const kinds = [
      ...['put', 'put', 'put', 'put', 'move', 'move', 'unlabel', 'tag', 'untag', 'describe'],
      ...['delete', 'restore', 'forceDelete', 'create'],
      ...['sync', 'sync', 'merge', 'merge', 'pull', 'pull', 'revert', 'pick', 'branch', 'branchMerge'],
      ...(at === 0 ? ['addMember', 'removeMember', 'addKey'] : [])
    ]
    return kinds[this.#pick(kinds.length)]!
  }

  async #step(at: number, kind: string, name: string): Promise<void> {
    const clone = this.clones[at]!
    const line = `${at} ${kind} ${name}`
    this.log.push(line)
    this.#tick(clone)
    try {
      const done = await this.#kinds[kind]!(clone, name)
      this.made.add(kind)
      if (typeof done === 'string') this.log.push(`  ${done}`)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      this.log.push(`  ${error.code}: ${error.message}`)
      // a state that goes back locks its secret until it is mended
      if (error.code === 'DocumentRefused') await this.#mend(clone)
      else if (!SERVICE.test(error.code)) throw error
    }
  }

  /** The clocks of the clones are up to four minutes apart. */
  #tick(clone: Clone): void {
    const skew = ((this.clones.indexOf(clone) * 7) % 5) - 2
    clone.box.clock.time = Math.max(
      this.#start + ++this.#serial * 1000 + skew * 120_000,
      clone.box.clock.time + 1
    )
  }

  #note(arn: string | undefined, version: string | undefined): void {
    if (arn === undefined || version === undefined) return
    const all = this.acknowledged.get(arn) ?? new Set()
    this.acknowledged.set(arn, all.add(version))
  }

  async #put(clone: Clone, SecretId: string): Promise<void> {
    const id = `v${++this.#serial}`
    const api = await clone.api()
    const made = await api.putSecretValue({
      SecretId,
      SecretString: `value ${id}`,
      ClientRequestToken: token(id)
    })
    this.#note(made.ARN, made.VersionId)
  }

  async #create(clone: Clone, Name: string): Promise<void> {
    const id = `c${++this.#serial}`
    const api = await clone.api()
    const made = await api.createSecret({ Name, SecretString: id, ClientRequestToken: token(id) })
    this.#note(made.ARN, made.VersionId)
  }

  async #versions(clone: Clone, SecretId: string) {
    const { VersionIdsToStages = {} } = await (await clone.api()).describeSecret({ SecretId })
    return Object.entries(VersionIdsToStages).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  readonly #kinds: Readonly<Record<string, Step>> = {
    put: (clone, name) => clone.as(() => this.#put(clone, name)),
    move: (clone, SecretId) =>
      clone.as(async () => {
        const versions = await this.#versions(clone, SecretId)
        const VersionStage = [...LABELS, 'AWSCURRENT'][this.#pick(3)]!
        const from = versions.find(([, labels]) => labels.includes(VersionStage))?.[0]
        const to = versions[this.#pick(versions.length)]![0]
        if (from === to) return
        await clone.box.api.updateSecretVersionStage({
          ...{ SecretId, VersionStage, MoveToVersionId: to },
          ...(from === undefined ? {} : { RemoveFromVersionId: from })
        })
      }),
    unlabel: (clone, SecretId) =>
      clone.as(async () => {
        const VersionStage = LABELS[this.#pick(2)]!
        const versions = await this.#versions(clone, SecretId)
        const from = versions.find(([, labels]) => labels.includes(VersionStage))?.[0]
        if (from === undefined) return
        await clone.box.api.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: from })
      }),
    tag: (clone, SecretId) =>
      clone.as(async () => {
        const Tags = [{ Key: LABELS[this.#pick(2)]!, Value: `${++this.#serial}` }]
        await (await clone.api()).tagResource({ SecretId, Tags })
      }),
    untag: (clone, SecretId) =>
      clone.as(async () => {
        await (await clone.api()).untagResource({ SecretId, TagKeys: [LABELS[this.#pick(2)]!] })
      }),
    describe: (clone, SecretId) =>
      clone.as(async () => {
        await (await clone.api()).updateSecret({ SecretId, Description: `${++this.#serial}` })
      }),
    delete: (clone, SecretId) => clone.as(async () => (await clone.api()).deleteSecret({ SecretId })),
    restore: (clone, SecretId) => clone.as(async () => (await clone.api()).restoreSecret({ SecretId })),
    forceDelete: (clone, SecretId) =>
      clone.as(async () => {
        await (await clone.api()).deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
        this.made.add('removal')
      }),
    create: (clone, name) => clone.as(() => this.#create(clone, name)),
    sync: async clone => describeSync(await this.sync(clone)),
    merge: async clone => {
      const { output: fetched } = await clone.git('fetch', '-q', this.#other(clone).box.root, 'HEAD')
      return `${fetched}${await this.#endGit(clone, await clone.git('merge', '--no-edit', 'FETCH_HEAD'))}`
    },
    pull: async clone =>
      this.#endGit(clone, await clone.git('pull', '--rebase', '--no-edit', 'origin', 'main')),
    revert: async clone => {
      if (!this.#touchesSecretsOnly(clone, 'HEAD')) return 'nothing to revert'
      if (clone.box.git('log', '-1', '--format=%s').startsWith('CreateSecret')) this.made.add('removal')
      return this.#endGit(clone, await clone.git('revert', '--no-edit', 'HEAD'))
    },
    pick: async clone => {
      await clone.git('fetch', '-q', this.#other(clone).box.root, 'HEAD')
      if (!this.#touchesSecretsOnly(clone, 'FETCH_HEAD')) return 'nothing to pick'
      const before = clone.box.head()
      const output = await this.#endGit(clone, await clone.git('cherry-pick', 'FETCH_HEAD'))
      // what was joined is signed by who picks, so the message may not say that the other member did it
      const isJoined = /Auto-merging|CONFLICT/.test(output)
      if (isJoined && clone.box.head() !== before) await clone.git('commit', '--amend', '-m', 'picked')
      return output
    },
    // a branch that is left as it is: what was written there is not on main
    branch: async (clone, name) => {
      await clone.git('checkout', '-q', '-b', `side${++this.#serial}`)
      const before = new Map([...this.acknowledged].map(([arn, ids]) => [arn, new Set(ids)]))
      try {
        await clone.as(() => this.#put(clone, name))
      } finally {
        this.acknowledged.clear()
        for (const [arn, ids] of before) this.acknowledged.set(arn, ids)
        await clone.git('checkout', '-q', 'main')
      }
    },
    branchMerge: async (clone, name) => {
      const side = `side${++this.#serial}`
      await clone.git('checkout', '-q', '-b', side)
      try {
        await clone.as(() => this.#put(clone, name))
      } finally {
        await clone.git('checkout', '-q', 'main')
      }
      this.#tick(clone)
      await clone.as(() => this.#put(clone, NAMES[this.#pick(NAMES.length)]!)).catch(ignoreService)
      const output = await this.#endGit(clone, await clone.git('merge', '--no-edit', side))
      if (!isIn(clone, side)) throw new Error(`${side} could not be merged: ${output}`)
      return output
    },
    addMember: async clone =>
      clone.as(async () => {
        const { name, publicKey } = await newPerson(`m${++this.#serial}`)
        const on = rights({ default: ['decrypt', 'decrypt encrypt', 'encrypt'][this.#pick(3)]! })
        await addMember(await openAs(clone.box), { name, publicKey, admin: false, rights: on })
        this.#members.push(name)
      }),
    removeMember: async clone =>
      clone.as(async () => {
        const name = this.#members.pop()
        if (name !== undefined) await removeMember(await openAs(clone.box), name, quiet)
      }),
    addKey: async clone =>
      clone.as(async () => {
        const key = `k${++this.#serial}`
        const [name, pattern] = [`${key}/x`, `${key}/**`]
        const isNew = this.#pick(2) === 0
        // a secret that there is moves to the new key, while other clones may write to it under the old one
        await addKey(await openAs(clone.box), key, [isNew ? pattern : NAMES[this.#pick(3)]!], quiet)
        this.#tick(clone)
        await grant(await openAs(clone.box), 'bob', rights({ [key]: 'decrypt encrypt manage' }))
        if (!isNew) return
        this.#tick(clone)
        await this.#create(clone, name)
        this.#names.push(name)
      })
  }

  #other(clone: Clone): Clone {
    const others = this.clones.filter(each => each !== clone)
    return others[this.#pick(others.length)]!
  }

  #touchesSecretsOnly({ box }: Clone, commit: string): boolean {
    if (box.git('rev-list', '--parents', '-1', commit).trim().split(' ').length !== 2) return false
    const paths = box.git('diff-tree', '--no-commit-id', '--name-only', '-r', commit).trim().split('\n')
    return paths.every(path => path.startsWith('vault/secrets/'))
  }

  /** Ends what git has left unfinished: with `git-vault resolve`, or else by aborting it. */
  async #endGit(clone: Clone, { output }: { output: string }): Promise<string> {
    let text = [...clone.conflicts, output.trim()].join('; ')
    for (let round = 0; round < 10 && isInProgress(clone); round++) {
      const done = await this.#resolve(clone).catch((error: unknown) => error as VaultError)
      const isDone = !(done instanceof Error) && done.unresolved.length === 0 && done.remaining.length === 0
      const [step = ''] = inProgress(clone)
      const name = step.startsWith('rebase')
        ? 'rebase'
        : step.replace('_HEAD', '').replace('_', '-').toLowerCase()
      if (!isDone) {
        text += `; aborted: ${done instanceof Error ? done.message : JSON.stringify([done.unresolved, done.remaining])}`
        await clone.git(name, '--abort')
      } else {
        const isEmpty = clone.box.tryGit('diff', '--cached', '--quiet').status === 0
        const args = isEmpty && name !== 'merge' ? [name, '--skip'] : [name, '--continue']
        text += `; ${(await clone.git(...args)).output}`
      }
    }
    if (isInProgress(clone)) throw new Error(`git does not end: ${text}`)
    return text
  }

  #resolve(clone: Clone): Promise<Resolved> {
    return clone.resolve(({ name, reason }) => {
      this.asked.push(reason)
      // a revert of a removal that is removed again could not be pushed: nobody signs a removal
      const mustKeep = reason === 'removed and changed' && this.made.has('revert')
      const answer = this.#pick(2) === 0 || mustKeep ? 'ours' : 'theirs'
      this.log.push(`  ${name}: ${reason}? ${answer}`)
      return answer
    })
  }

  async #mend(clone: Clone): Promise<void> {
    const { unresolved } = await this.#resolve(clone)
    if (unresolved.length > 0) this.log.push(`  not mended: ${JSON.stringify(unresolved)}`)
  }

  /** Syncs, and does what the error or the conflict tells the user to do. */
  async sync(clone: Clone): Promise<Synced> {
    for (let tries = 0; ; tries++) {
      this.#tick(clone)
      let synced: Synced | undefined
      try {
        synced = await clone.as(() => syncOf(clone.box, { remote: 'origin' }))
      } catch (error) {
        if (!(error instanceof VaultError && error.code === 'DocumentRefused') || tries === 3) throw error
        this.log.push(`  sync: ${error.message}`)
        await this.#mend(clone)
        continue
      }
      if (synced.conflicts.length === 0) return synced
      this.log.push(`  conflicts: ${synced.conflicts.map(({ reason }) => reason).join('; ')}`)
      if (tries === 3) throw new Error('sync does not end')
      this.log.push(`  ${await this.#endGit(clone, await clone.git('merge', '--no-edit', 'origin/main'))}`)
    }
  }

  /** Syncs all clones until nothing is sent or received any more. */
  async syncAll(): Promise<void> {
    for (let round = 0; ; round++) {
      let isQuiet = true
      for (const [at, clone] of this.clones.entries()) {
        this.log.push(`${at} syncs`)
        const { sent, received } = await this.sync(clone)
        if (sent + received > 0) isQuiet = false
      }
      const heads = new Set(this.clones.map(({ box }) => box.head()))
      if (isQuiet || heads.size === 1) return
      if (round > this.clones.length + 2) throw new Error('the clones do not come to rest')
    }
  }

  remove(): void {
    fs.rmSync(join(this.clones[0]!.box.root, '..'), { recursive: true, force: true })
  }
}

const describeSync = ({ received, sent, joined, races }: Synced): string =>
  `received ${received}, sent ${sent}, joined ${joined.map(({ name }) => name).join(' ')}, races ${races}`

const inProgress = ({ box }: Clone): string[] =>
  IN_PROGRESS.filter(name => fs.existsSync(box.path(`.git/${name}`)))
const isInProgress = (clone: Clone): boolean => inProgress(clone).length > 0
const isIn = ({ box }: Clone, commit: string): boolean =>
  box.tryGit('merge-base', '--is-ancestor', commit, 'HEAD').status === 0

function ignoreService(error: unknown): void {
  if (!(error instanceof VaultError && SERVICE.test(error.code))) throw error
}
