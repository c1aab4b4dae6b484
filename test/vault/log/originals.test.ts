import { expect, it } from 'vitest'
import type { LogEntry } from '../../../src/vault/log/entry.js'
import { Originals, type CommitStory } from '../../../src/vault/log/originals.js'

const entry = (commit: string, operation: string, signed: boolean, path = 'p'): LogEntry => ({
  ...{ commit, time: new Date(0), author: 'a', operation, arns: [], path, signed }
})

/** A commit with the signed changes `ids`. Those with a `?` are not claimed by its message. */
function commit(name: string, ids: readonly string[], undone: readonly string[] = []): CommitStory {
  const events = ids.map(id => {
    const change = id.replace('?', '')
    return { entry: entry(name, change, true), id: change, isClaimed: change === id }
  })
  return { events, message: entry(name, 'message', false), isOwnMessage: ids.length === 0, undone }
}

function story(...commits: readonly CommitStory[]): string[] {
  const originals = new Originals()
  const found = [...commits.flatMap(one => [...originals.add(one)]), ...originals.end()]
  return found.map(({ commit: name, operation }) => `${name} ${operation}`)
}

it('a claimed change is decided at once', () => {
  const originals = new Originals()
  expect([...originals.add(commit('c1', ['put']))]).toHaveLength(1)
  expect([...originals.end()]).toEqual([])
})

it('an unclaimed change is the oldest commit’s, and newer ones show their messages', () => {
  expect(
    story(commit('c3', ['put?']), commit('c2', ['put?']), commit('c1', ['put']), commit('c0', ['x?']))
  ).toEqual(['c3 message', 'c2 message', 'c1 put', 'c0 x'])
})

it('a commit of several restored changes shows its message once', () => {
  expect(story(commit('c2', ['a?', 'b?']), commit('c1', ['a']), commit('c0', ['b']))).toEqual([
    'c2 message',
    'c1 a',
    'c0 b'
  ])
})

it('a change that is claimed twice is shown once, unless it was undone in between', () => {
  expect(story(commit('c2', ['put']), commit('c1', ['put']))).toEqual(['c2 put'])
  expect(story(commit('c3', ['put']), commit('c2', [], ['p']), commit('c1', ['put']))).toEqual([
    'c3 put',
    'c2 message',
    'c1 put'
  ])
})

it('an entry waits for 200 commits and keeps its change after that', () => {
  const originals = new Originals()
  expect([...originals.add(commit('new', ['put?']))]).toEqual([])
  for (let number = 1; number < 200; number++)
    expect([...originals.add(commit(`c${number}`, [`x${number}`]))]).toEqual([])
  expect([...originals.add(commit('c200', [], ['p']))]).toHaveLength(201)
  expect([...originals.add(commit('old', ['put']))]).toEqual([])
  expect([...originals.end()]).toEqual([])
})
