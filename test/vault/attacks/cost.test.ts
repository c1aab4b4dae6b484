import { beforeAll, describe, expect, it } from 'vitest'
import { formatInvitation } from '../../../src/core/access/invitation.js'
import { CAPS } from '../../../src/core/format/documents.js'
import type { Entry } from '../../../src/core/generated/documents.js'
import { meter, TURN } from '../../../src/core/turns.js'
import { acceptInvitation, inspectRoot, trust } from '../../../src/app/trust.js'
import { extend, logOf, type Person } from '../../format/kit.js'
import { cloneOf, failure, type TestVault } from '../fixture.js'
import { checkRange } from '../verify/verifyKit.js'
import { LOG, read, write } from './forge.js'
import { after, alice, commit, eve, expectRefused, faces, mallory, scene, stranger } from './kit.js'

beforeAll(async () => {
  await scene()
})

/** The units that work costs: see `Steps`. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = meter.units
  await work()
  return meter.units - before
}

/** Entries of a large log. Checking their signatures costs 60 units each. */
const MANY = 2_000

/** What parsing, validating and hashing a log of so many entries costs, and no signature of it. */
const READING = 45 * MANY

/** As many small entries after those of a log. */
function extended(entries: readonly Entry[], who: Person): Entry[] {
  const longer = [...entries]
  while (longer.length < entries.length + MANY) {
    const last = longer.at(-1)
    const keep = String(1 + (longer.length % 9))
    const changes = [{ change: 'pruning', keep, minimumAgeHours: '1', quota: '20' }] as const
    // `extend` takes the first entry and the last
    const link = extend([longer[0]!, last!], who, changes as unknown as Entry['changes'], {
      entry: String(longer.length + 1)
    })
    longer.push(link)
  }
  return longer
}

const start = (who: Person): Entry['changes'] =>
  [
    { change: 'vault', region: 'local', account: '000000000000' },
    { change: 'member', name: 'alice', public: who.public.text, role: 'admin' },
    { change: 'key', key: 'default', names: ['**'] },
    { change: 'generation', key: 'default', generation: '1', public: 'A'.repeat(42) + 'E' }
  ] as unknown as Entry['changes']

/** Replaces the log by one that a stranger made and signed. It is valid in itself. */
function plantForeign(vault: TestVault): void {
  write(vault, 'access', LOG, logOf(extended([extend([], stranger, start(stranger))], stranger)))
}

async function plantAfter(vault: TestVault, who: Person, shared?: number): Promise<void> {
  const { entries } = await read(vault, 'access', LOG)
  write(vault, 'access', LOG, logOf(extended(entries.slice(0, shared), who)))
}

describe('a large log that somebody may have pushed costs no signatures before it is trusted', () => {
  it('signed by a stranger', async () => {
    const victim = await after(plantForeign)
    expect(await costOf(() => failure(faces.get(victim.api)))).toBeLessThan(READING)
    await expectRefused(victim, LOG, /this is not the vault that this clone trusts/)
  })

  it('signed by a stranger, in a clone that trusts nothing yet', async () => {
    const victim = await after(plantForeign)
    const clone = await cloneOf(victim)
    const outcome = async () => {
      expect(await failure(faces.get(clone.api))).toMatchObject({ code: 'RootUnknown' })
    }
    expect(await costOf(outcome)).toBeLessThan(READING)
  })

  it.each([
    ['a stranger', () => stranger],
    ['a member who is no admin', () => mallory],
    ['a removed member', () => eve]
  ])('an extension by %s', async (_, who) => {
    const victim = await after(attacker => plantAfter(attacker, who()))
    expect(await costOf(() => failure(faces.get(victim.api)))).toBeLessThan(READING)
    await expectRefused(victim, LOG, /access log entry \d+: it is not signed by an admin/)
  })

  it('a fork, even if an admin signed it', async () => {
    const victim = await after(attacker => plantAfter(attacker, alice, 3))
    expect(await costOf(() => failure(faces.get(victim.api)))).toBeLessThan(READING)
    await expectRefused(victim, LOG, /the access log forks from the one that this clone has verified/)
  })

  it('in a commit of a range', async () => {
    const { attacker } = await scene()
    const from = attacker.head()
    plantForeign(attacker)
    commit(attacker, 'Foreign')
    let found: string[] = []
    const check = async () => {
      ;({ found } = await checkRange(attacker, `${from}..HEAD`))
    }
    // the log is read once more than for a secret, to compare the newest with the pin
    expect(await costOf(check)).toBeLessThan(2 * READING)
    expect(found.join('\n')).toMatch(/belongs to another vault than the access log of an earlier commit/)
  })

  it('behind the wrong root of an invitation or of trust', async () => {
    const victim = await after(plantForeign)
    const clone = await cloneOf(victim)
    meter.longestTurn = 0
    const { root } = await inspectRoot(clone.root)
    expect(root).not.toBe(victim.made.root)
    const invitation = formatInvitation({ root: victim.made.root, entry: 1, head: victim.made.root })
    expect(await failure(acceptInvitation(clone.root, invitation))).toMatchObject({
      message: `${LOG}: the invitation is for another vault`
    })
    await expect(trust(clone.root, victim.made.root)).rejects.toThrow('the root of the vault has changed')
    expect(meter.longestTurn).toBeLessThan(2 * TURN)
  })
})

describe('trust and an invitation compare hashes before anything else', () => {
  const wrong = () =>
    expect.stringMatching(/the invitation is for another vault|is not the one that/) as string

  it('with a log of another root, in a clone that trusts nothing and in one that trusts a vault', async () => {
    const victim = await after(attacker => {
      plantForeign(attacker)
      // other bytes, which no cache has
      attacker.write(LOG, `# trust\n${attacker.read(LOG)}`)
    })
    for (const clone of [await cloneOf(victim), victim]) {
      const invitation = formatInvitation({ root: victim.made.root, entry: 1, head: victim.made.root })
      expect(await costOf(() => inspectRoot(clone.root))).toBeLessThan(READING)
      const refused = async () =>
        expect(await failure(acceptInvitation(clone.root, invitation))).toMatchObject({ message: wrong() })
      expect(await costOf(refused)).toBeLessThan(READING)
      const changed = () => expect(trust(clone.root, victim.made.root)).rejects.toThrow('has changed')
      expect(await costOf(async () => changed())).toBeLessThan(READING)
    }
  })

  it('with a fork that an admin signed', async () => {
    const victim = await after(attacker => plantAfter(attacker, alice, 3))
    const inspected = async () =>
      expect(await inspectRoot(victim.root)).toMatchObject({ trusted: true, relation: 'fork' })
    expect(await costOf(inspected)).toBeLessThan(READING)
    const head = victim.made.root
    const invitation = formatInvitation({ root: victim.made.root, entry: 4, head })
    const clone = await cloneOf(victim)
    const refused = async () =>
      expect(await failure(acceptInvitation(clone.root, invitation))).toMatchObject({ message: wrong() })
    expect(await costOf(refused)).toBeLessThan(READING)
  })

  it('and end at the first entry that no admin signed, if the root is right', async () => {
    const victim = await after(attacker => plantAfter(attacker, stranger))
    const clone = await cloneOf(victim)
    expect(await inspectRoot(clone.root)).toMatchObject({ root: victim.made.root, trusted: false })
    const { root } = victim.made
    const invitation = formatInvitation({ root, entry: 1, head: root })
    for (const work of [() => trust(clone.root, root), () => acceptInvitation(clone.root, invitation)]) {
      const refused = async () =>
        expect(await failure(work())).toMatchObject({
          message: expect.stringContaining('it is not signed by an admin') as string
        })
      expect(await costOf(refused)).toBeLessThan(READING)
    }
    expect(await failure(faces.get(clone.api))).toMatchObject({ code: 'RootUnknown' })
    expect(await failure(inspectRoot(victim.root))).toMatchObject({
      message: expect.stringContaining('it is not signed by an admin') as string
    })
  })
})

describe('a large log that an admin extended', () => {
  const grow = (attacker: TestVault) => plantAfter(attacker, alice)

  it('is read in turns, and then from memory', async () => {
    const victim = await after(async attacker => {
      await grow(attacker)
      attacker.write(LOG, `# first\n${attacker.read(LOG)}`)
    })
    meter.longestTurn = 0
    await faces.get(victim.api)
    expect(meter.longestTurn).toBeGreaterThan(TURN / 2)
    expect(meter.longestTurn).toBeLessThan(2 * TURN)
    expect(await costOf(() => faces.get(victim.api))).toBeLessThan(1_000)
  })

  it('costs its new entries only in each commit of a range that extends it', async () => {
    const { attacker } = await scene()
    await grow(attacker)
    attacker.write(LOG, `# range\n${attacker.read(LOG)}`)
    commit(attacker, 'Grow')
    const from = attacker.head()
    const costs: number[] = []
    for (let commits = 1; commits <= 12; commits++) {
      const { entries } = await read(attacker, 'access', LOG)
      const changes = [{ change: 'pruning', keep: '1', minimumAgeHours: '1', quota: '20' }] as const
      const last = extend([entries[0], entries.at(-1)!], alice, changes as unknown as Entry['changes'], {
        entry: String(entries.length + 1)
      })
      write(attacker, 'access', LOG, logOf([...entries, last]))
      commit(attacker, `Extend ${commits}`)
      if (commits !== 2 && commits !== 12) continue
      costs.push(await costOf(() => checkRange(attacker, `${from}..HEAD`)))
    }
    const [few, many] = costs as [number, number]
    expect(many - few).toBeLessThan(READING)
  })

  it('is read once for all requests that come meanwhile', async () => {
    const one = await after(grow)
    const many = await after(async attacker => {
      await grow(attacker)
      // other bytes, which no cache has
      attacker.write(LOG, `# again\n${attacker.read(LOG)}`)
    })
    const alone = await costOf(() => faces.get(one.api))
    const together = await costOf(() => Promise.all(Array.from({ length: 10 }, () => faces.get(many.api))))
    expect(together).toBeGreaterThan(alone / 2)
    expect(together).toBeLessThan(1.2 * alone)
  })

  it('is read from memory, however large it is within its limit', async () => {
    const victim = await after(async attacker => {
      await plantAfter(attacker, alice)
      const text = attacker.read(LOG)
      attacker.write(LOG, `#${'x'.repeat(CAPS.access.bytes - text.length - 2)}\n${text}`)
    })
    await faces.get(victim.api)
    expect(await costOf(() => faces.get(victim.api))).toBeLessThan(1_000)
  })
})
