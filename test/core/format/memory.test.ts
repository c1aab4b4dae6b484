import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { asValue, CAPS, type Kind } from '../../../src/core/format/documents.js'
import type { Value } from '../../../src/core/format/canonical.js'
import { formatYaml } from '../../../src/core/format/plainYaml.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { scratch } from '../../vault/fixture.js'
import { bundle } from '../../vault/process.js'
import { log, start, type Changes } from '../access/logKit.js'
import { fill, shapes } from './worstFiles.js'

/** The most memory that a process may have when it refuses a file, all of Node included. */
const MOST = 300_000_000

let program: string
let folder: string
beforeAll(async () => {
  await sodiumReady
  program = bundle(new URL('refuse.ts', import.meta.url), 'refuse.mjs')
  folder = scratch('worst')
})

let written = 0
function saved(text: string): string {
  const file = join(folder, `file${++written}`)
  writeFileSync(file, text)
  return file
}

/** Expects that a process of its own refuses the files, one after the other, within the limit. */
async function expectRefused(how: 'check' | 'fold', kind: Kind, files: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, how, kind, ...files])
  const { refused, memory } = JSON.parse(stdout) as { refused: number; memory: number }
  expect(refused).toBe(files.length)
  // a process of Node that does nothing has more than this
  expect(memory).toBeGreaterThan(20_000_000)
  expect(memory).toBeLessThan(MOST)
}

describe('a process that refuses the worst files of a kind stays below 300 MB', () => {
  // 4 MiB each: a process each, because the garbage of one file is not that of the next
  it.each(shapes)('access full of %s', async (_, head, unit, tail) => {
    await expectRefused('check', 'access', [saved(fill(CAPS.access.bytes, head, unit, tail))])
  })

  it.each((Object.keys(CAPS) as Kind[]).filter(kind => kind !== 'access'))(
    '%s full of any of these',
    async kind => {
      const files = shapes.map(([, head, unit, tail]) => saved(fill(CAPS[kind].bytes, head, unit, tail)))
      await expectRefused('check', kind, files)
    }
  )

  /** A document whose fields fit the schema, as far as the kind allows, but for one that is missing. */
  const member = (count: number, one: (index: number) => Value): Value =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`m${index}`.padStart(32, '0'), one(index)])
    )
  const time = '2025-11-23T18:50:01.003Z'
  const valid: [kind: Kind, field: string, members: Value][] = [
    ['key', 'sealed', member(7_000, () => 'A'.repeat(107))],
    [
      'stages',
      'versions',
      member(5_000, () => ({ created: time, writer: 'A'.repeat(22), key: 'k', digest: 'A'.repeat(43) }))
    ],
    ['secret', 'tags', member(2_700, () => ({ value: '', changed: time }))]
  ]
  it.each(valid)('%s with as many %s as fit', async (kind, field, members) => {
    const text = formatYaml({ kind: `git-vault/${kind}`, format: '1', [field]: members }, 'x')
    expect(text.length).toBeGreaterThan(0.7 * CAPS[kind].bytes)
    expect(text.length).toBeLessThan(CAPS[kind].bytes)
    await expectRefused('check', kind, [saved(text)])
  })
})

describe('a process that refuses a large access log stays below 300 MB', () => {
  const names = (from: number) => Array.from({ length: 1_000 }, (_, at) => `n${from + at}`)
  const bind = (from: number) => ({ change: 'names', key: 'default', names: names(from) })
  const pruning = { change: 'pruning', keep: '1', minimumAgeHours: '1', quota: '2' }
  /** A log that only its last change makes invalid. */
  const logs: [what: string, entries: () => Changes[]][] = [
    [
      'names',
      () => Array.from({ length: 12 }, () => Array.from({ length: 10 }, () => bind(0)) as unknown as Changes)
    ],
    ['entries', () => Array.from({ length: 4_990 }, () => [pruning] as unknown as Changes)],
    [
      'changes',
      () =>
        Array.from({ length: 12 }, () => Array.from({ length: 2_000 }, () => pruning) as unknown as Changes)
    ]
  ]

  it.each(logs)('with as many %s as fit, by a rule at its end', async (_, entries) => {
    const wrong = [{ ...pruning, keep: '3' }] as unknown as Changes
    const document = log(start(), ...entries(), wrong)
    const text = formatYaml(asValue(document), 'x')
    expect(text.length).toBeGreaterThan(0.3 * CAPS.access.bytes)
    await expectRefused('fold', 'access', [saved(text)])
  })

  it.each(logs)('with as many %s as fit, by a stranger’s signature', async (_, entries) => {
    const document = log(start(), ...entries())
    const first = { ...document.entries[0], signature: 'A'.repeat(86) }
    const text = formatYaml(asValue({ ...document, entries: [first, ...document.entries.slice(1)] }), 'x')
    await expectRefused('check', 'access', [saved(text)])
  })
})
