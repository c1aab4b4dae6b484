import * as fs from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { openVault } from '../../../src/index.js'
import { grant, removeMember } from '../../../src/vault/team/team.js'
import { cloneOf, makeVault, rounds, scratch, type TestVault } from '../fixture.js'
import { admit, as, checkRange, commitAll, type Newcomer } from './verifyKit.js'
import { picker } from '../../random.js'

/** Histories of each kind. GIT_VAULT_TEST_ROUNDS=500 is the long run. */
const ROUNDS = rounds(4)

const NAMES = ['a', 'b/c', 'UPPER', 'd']
let origin: TestVault
let bob: Newcomer

beforeAll(async () => {
  origin = await makeVault()
  for (const Name of NAMES) await origin.api.createSecret({ Name, SecretString: '0' })
  bob = await admit(origin, 'bob', new Map([['default', ['decrypt', 'encrypt', 'manage']]]))
})

async function copy(): Promise<TestVault> {
  const box = await cloneOf(origin)
  fs.cpSync(origin.path('.git/git-vault'), box.path('.git/git-vault'), { recursive: true })
  await box.reopen()
  return box
}

/** One change as members make it. It never touches the last name, which the attacks need. */
async function step(
  box: TestVault,
  pick: (below: number) => number,
  state: { bob: boolean; serial: number }
) {
  box.clock.advance(1000)
  const names = NAMES.slice(0, -1)
  const name = names[pick(names.length)]!
  const isThere = (await box.api.listSecrets({ IncludePlannedDeletion: true })).SecretList?.some(
    secret => secret.Name === name
  )
  if (isThere !== true) return box.api.createSecret({ Name: name, SecretString: `n${state.serial++}` })
  const { DeletedDate } = await box.api.describeSecret({ SecretId: name })
  if (DeletedDate) return box.api.restoreSecret({ SecretId: name })
  const put = async (value: string) => box.api.putSecretValue({ SecretId: name, SecretString: value })
  switch (pick(9)) {
    case 0:
      return box.api.deleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
    case 1:
      return box.api.deleteSecret({ SecretId: name })
    case 2:
      return box.api.tagResource({ SecretId: name, Tags: [{ Key: 'k', Value: `${state.serial++}` }] })
    case 3: {
      const { VersionId } = await put(`l${state.serial++}`)
      return box.api.updateSecretVersionStage({
        SecretId: name,
        VersionStage: `s${pick(3)}-${state.serial++}`,
        MoveToVersionId: VersionId!
      })
    }
    case 4:
      if (!state.bob) return put(`p${state.serial++}`)
      return as(bob, async () =>
        (await openVault(box.options)).putSecretValue({ SecretId: name, SecretString: `b${state.serial++}` })
      )
    case 5:
      return admit(box, `m${state.serial++}`, new Map([['default', ['decrypt']]]))
    case 6:
      if (!state.bob) return grant(await box.internal(), 'bob', new Map()).catch(() => undefined)
      state.bob = false
      return removeMember(await box.internal(), 'bob', () => undefined)
    case 7:
      return sideBranch(box, pick, state)
    default:
      return put(`p${state.serial++}`)
  }
}

/** Two branches that change different secrets, merged by git. */
async function sideBranch(box: TestVault, pick: (below: number) => number, state: { serial: number }) {
  const branch = `side${state.serial++}`
  box.git('branch', branch)
  await box.api.createSecret({ Name: `main${state.serial++}`, SecretString: 'x' })
  box.git('checkout', '-q', branch)
  await box.api.createSecret({ Name: `side${state.serial++}`, SecretString: 'y' })
  box.git('checkout', '-q', 'main')
  if (pick(2) === 0) box.git('merge', '-q', '--no-edit', branch)
  else {
    box.git('checkout', '-q', branch)
    box.git('merge', '-q', '--no-edit', 'main')
    box.git('checkout', '-q', 'main')
    box.git('merge', '-q', '--ff-only', branch)
  }
}

async function history(seed: number) {
  const pick = picker(seed)
  const box = await copy()
  const state = { bob: true, serial: 0 }
  // what the attacks go back to
  const old = scratch('old')
  fs.cpSync(box.path('vault'), old, { recursive: true })
  await box.api.putSecretValue({ SecretId: 'd', SecretString: '1' })
  const start = box.head()
  const length = 2 + pick(6)
  for (let at = 0; at < length; at++) await step(box, pick, state)
  return { box, start, old, pick, state }
}

it(`${ROUNDS} honest histories have no problem`, { timeout: ROUNDS * 20_000 }, async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const { box, start } = await history(seed)
    const { found } = await checkRange(box, `${start}..HEAD`)
    expect({ seed, found }).toEqual({ seed, found: [] })
    fs.rmSync(box.root, { recursive: true })
  }
})

type Made = Awaited<ReturnType<typeof history>>

const FOLDER = 'vault/secrets/d'
const restore = ({ box, old }: Made, path: string) => {
  fs.rmSync(box.path(`vault/${path}`), { recursive: true, force: true })
  fs.cpSync(`${old}/${path}`, box.path(`vault/${path}`), { recursive: true })
}

const ATTACKS: Record<string, (made: Made) => unknown> = {
  'brings back an older state': made => {
    restore(made, 'secrets/d')
    commitAll(made.box, 'hostile')
  },
  'removes a secret and brings it back': made => {
    fs.rmSync(made.box.path(FOLDER), { recursive: true })
    commitAll(made.box, 'PurgeSecrets')
    made.box.git('checkout', '-q', 'HEAD~1', '--', FOLDER)
    commitAll(made.box, 'hostile')
  },
  'moves the vault to an older copy': made => {
    fs.cpSync(made.old, made.box.path('copy'), { recursive: true })
    made.box.write('.vaultrc', made.box.read('.vaultrc').replace(/vault: \S+/, 'vault: copy'))
    commitAll(made.box, 'hostile')
  },
  'brings back an older access log': async made => {
    await admit(made.box, 'newest')
    restore(made, 'access.yaml')
    commitAll(made.box, 'hostile')
  },
  'brings back an older key document': async made => {
    await admit(made.box, 'newest', new Map([['default', ['decrypt']]]))
    restore(made, 'keys/default/1.yaml')
    commitAll(made.box, 'hostile')
  },
  'changes a signed document': ({ box }) => {
    const path = `${FOLDER}/stages.yaml`
    box.write(path, box.read(path).replace(/time: \d{4}/, 'time: 2031'))
    commitAll(box, 'hostile')
  },
  'adds a file': ({ box }) => {
    box.write(`${FOLDER}/notes.txt`, 'x')
    commitAll(box, 'hostile')
  },
  'claims what nobody signed': ({ box }) =>
    commitAll(box, 'PutSecretValue d\n\nClient-Request-Token: hostile\nMember: alice'),
  'takes the older side of a merge': async made => {
    const { box } = made
    box.git('branch', 'older')
    await box.api.putSecretValue({ SecretId: 'd', SecretString: '9' })
    box.git('checkout', '-q', 'older')
    await box.api.createSecret({ Name: 'beside', SecretString: 'x' })
    box.git('merge', '-q', '-m', 'hostile', '-s', 'ours', 'main')
  }
}

it.each(Object.keys(ATTACKS))(
  `${ROUNDS} histories in which a commit %s have a problem, in that commit`,
  { timeout: ROUNDS * 20_000 },
  async name => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const made = await history(seed)
      await ATTACKS[name]!(made)
      const { found } = await checkRange(made.box, `${made.start}..HEAD`)
      const subjects = [...new Set(found.map(line => line.replace(/ \|.*/, '')))]
      expect({ seed, subjects }).toEqual({
        seed,
        subjects: [name.startsWith('claims') ? 'PutSecretValue d' : 'hostile']
      })
      fs.rmSync(made.box.root, { recursive: true })
    }
  }
)
