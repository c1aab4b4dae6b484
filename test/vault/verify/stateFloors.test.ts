import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StateFloors } from '../../../src/vault/verify/stateFloors.js'

/** A version vector of two counters: states of different branches are `older` than each other. */
type State = readonly [number, number]

const compare = (found: State, seen: State) => {
  if (found[0] === seen[0] && found[1] === seen[1]) return 'same'
  return found[0] >= seen[0] && found[1] >= seen[1] ? 'newer' : 'older'
}

const text = (states: readonly State[]) => [...new Set(states.map(String))].sort()

/** Commits of a history: the parents, by number, and the state that a commit sets. Commit 0 is from before the range. */
const histories = fc.array(
  fc.record({
    parents: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 3 }),
    set: fc.option(fc.tuple(fc.nat(5), fc.nat(5)), { freq: 3, nil: undefined })
  }),
  { maxLength: 30 }
)

it('finds what the plain definition says, in any history', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.option(fc.tuple(fc.nat(2), fc.nat(2)), { nil: undefined }),
      async (steps, base) => {
        const floors = new StateFloors<State>(compare, async () => base)
        const expected = new Map<number, State[]>([[0, base ? [base] : []]])
        for (const [index, { parents, set }] of steps.entries()) {
          const commit = index + 1
          const known = [...new Set(parents.map(parent => parent % commit))]
          floors.add(String(commit), known.map(String))
          const before = known.flatMap(parent => expected.get(parent)!)
          const newest = before.filter(state => before.every(other => compare(other, state) !== 'newer'))
          expect(text(await floors.of(known.map(String), 'x'))).toEqual(text(newest))
          if (set) floors.set(String(commit), 'x', [set])
          expected.set(commit, set ? [set] : newest)
        }
      }
    )
  )
})

it('does not nest calls as deep as a history is long', async () => {
  const floors = new StateFloors<State>(compare, async () => [1, 1])
  // a ladder of merges, each of which starts a line of its own
  floors.add('1', ['0'])
  for (let at = 2; at < 20_000; at++) floors.add(String(at), [String(at - 1), String(Math.max(0, at - 2))])
  expect(await floors.of(['19999'], 'x')).toEqual([[1, 1]])
})
