import * as fs from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { log } from '../../../src/vault/log/log.js'
import { cloneOf, makeVault, rounds, token, type TestVault } from '../fixture.js'
import { picker } from '../../random.js'

/** Random histories. GIT_VAULT_TEST_ROUNDS=200 is the long run. */
const ROUNDS = rounds(4)
const NAMES = ['a', 'b/c', 'UPPER']

let origin: TestVault

beforeAll(async () => {
  origin = await makeVault()
})

/** A history while it grows, and each write that was acknowledged: operation and token by name. */
class History {
  readonly box: TestVault
  readonly acknowledged = new Map<string, string[]>()
  readonly #pick: (below: number) => number
  #serial = 0

  constructor(box: TestVault, seed: number) {
    this.box = box
    this.#pick = picker(seed)
  }

  async write(): Promise<void> {
    const { box } = this
    box.clock.advance(1000)
    const SecretId = NAMES[this.#pick(NAMES.length)]!
    const SecretString = `${this.#serial++}`
    const ClientRequestToken = token(`v${this.#serial}`)
    const { SecretList = [] } = await box.api.listSecrets({ IncludePlannedDeletion: true })
    const found = SecretList.find(({ Name }) => Name === SecretId)
    const note = (operation: string, by = '') => {
      const all = this.acknowledged.get(SecretId) ?? []
      this.acknowledged.set(SecretId, [...all, `${operation} ${by}`])
    }
    if (!found) {
      await box.api.createSecret({ Name: SecretId, SecretString, ClientRequestToken })
      note('CreateSecret', ClientRequestToken)
    } else if (found.DeletedDate) {
      await box.api.restoreSecret({ SecretId })
      note('RestoreSecret')
    } else
      switch (this.#pick(7)) {
        case 0:
          await box.api.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
          return note('DeleteSecret')
        case 1:
          await box.api.deleteSecret({ SecretId })
          return note('DeleteSecret')
        case 2:
          await box.api.tagResource({ SecretId, Tags: [{ Key: 'k', Value: SecretString }] })
          return note('TagResource')
        case 3:
          await box.api.updateSecret({ SecretId, Description: SecretString, ClientRequestToken })
          return note('UpdateSecret', ClientRequestToken)
        default:
          await box.api.putSecretValue({ SecretId, SecretString, ClientRequestToken })
          note('PutSecretValue', ClientRequestToken)
      }
  }

  /** Two branches, merged by git, or by hand with the files of one side if git finds a conflict. */
  async branches(depth: number): Promise<void> {
    const { box } = this
    const own = box.git('branch', '--show-current').trim()
    const side = `side${this.#serial++}`
    box.git('branch', side)
    await this.#some(depth)
    box.git('checkout', '-q', side)
    await this.#some(depth)
    box.git('checkout', '-q', own)
    const { status } = box.tryGit('merge', '-q', '--no-edit', '-X', 'no-renames', side)
    if (status === 0) return
    box.tryGit('merge', '--abort')
    const made = box.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-p', side, '-m', 'by hand').trim()
    box.git('reset', '-q', '--hard', made)
  }

  /** A revert, and the revert of that: this clone does not write on a state that went back. */
  reverts(): void {
    if (this.box.tryGit('revert', '--no-edit', 'HEAD').status !== 0) this.box.tryGit('revert', '--abort')
    else this.box.git('revert', '--no-edit', 'HEAD')
  }

  async #some(depth: number): Promise<void> {
    for (let count = this.#pick(3); count >= 0; count--) await this.write()
    if (depth > 0 && this.#pick(3) === 0) await this.branches(depth - 1)
  }

  async grow(): Promise<void> {
    for (let count = 0; count < 6; count++) {
      const way = this.#pick(4)
      if (way === 0) await this.branches(1)
      else if (way === 1) this.reverts()
      else await this.write()
    }
  }
}

it(
  `${ROUNDS} histories: each acknowledged write is in the log once`,
  { timeout: ROUNDS * 60_000 },
  async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const box = await cloneOf(origin)
      fs.cpSync(origin.path('.git/git-vault'), box.path('.git/git-vault'), { recursive: true })
      await box.reopen()
      const history = new History(box, seed)
      await history.grow()
      const vault = await box.internal()
      const all: string[] = []
      for (const name of NAMES) {
        const found: string[] = []
        const expected = (history.acknowledged.get(name) ?? []).sort()
        for await (const entry of expected.length === 0 ? [] : log(vault, { secretId: name })) {
          // the removal of a secret leaves no document: only its message says so
          const isWrite = entry.signed || (entry.operation === 'DeleteSecret' && entry.member !== undefined)
          if (isWrite) found.push(`${entry.operation} ${entry.token ?? ''}`)
        }
        expect({ seed, name, found: found.sort() }).toEqual({ seed, name, found: expected })
        for (const write of expected) all.push(`${name} ${write}`)
      }
      const found: string[] = []
      for await (const { secret, operation, token: by = '', member } of log(vault, {}))
        if (secret !== undefined && member !== undefined && operation !== 'CreateVault')
          found.push(`${secret} ${operation} ${by}`)
      expect({ seed, found: found.sort() }).toEqual({ seed, found: all.sort() })
      await vault.close()
      fs.rmSync(box.root, { recursive: true })
    }
  }
)
