/**
 * npm run bench -- --with-peers [--short] [--runs N]
 *
 * The same work done by git-vault and by other secret tools, in turn, in one run. Says which of them are in PATH. Their figures
 * give an idea of scale: the tools differ in what they sign, keep and verify.
 */
import { spawnSync } from 'node:child_process'
import { NODE, vaultActions } from './actions.js'
import { otherPrograms } from './others.js'
import { compare } from './processes.js'
import { number, table } from './table.js'
import { prepareVaults, SMALL } from './vaults.js'

const PEERS = ['sops', 'gopass', 'age', 'agebox', 'fnox', 'dotenvx', 'pass', 'git-crypt']

/** @returns the report */
export async function peers(sandbox, { short, runs, progress }) {
  const size = short ? 2_000 : 20_000
  const clone = await prepareVaults(sandbox, size, progress)
  const actions = vaultActions(sandbox)
  const many = size / 20
  const others = otherPrograms(sandbox, many, true)
  const small = clone('small')
  const large = clone('nest')
  const named = number => number.toLocaleString('en')
  const works = [
    ['read a value', [actions.get('git-vault get', small, 'nest'), ...others.reads], runs],
    [
      'write a value and commit',
      [
        actions.put('git-vault put', small, 'nest'),
        actions.put(`git-vault put, ${named(size)} secrets`, large, 'nest'),
        ...others.writes
      ],
      runs
    ],
    ['200 values for a program', [actions.runMany(clone('small', 'many')), ...others.runners], runs],
    [
      'list',
      [
        actions.list(`git-vault ls, ${SMALL} secrets`, small, SMALL),
        actions.list(`git-vault ls, ${named(size)} secrets, warm`, large, size),
        ...others.lists
      ],
      3
    ],
    [
      'add a member or recipient',
      [
        actions.admit(`git-vault member add, ${named(size)} secrets`, clone('nest', 'team')),
        ...others.members
      ],
      2
    ],
    ['verify', [actions.verify(`git-vault verify, ${named(size / 2)} secrets`, clone('half'), size / 2)], 1]
  ]
  const rows = []
  for (const [work, list, rounds] of works) {
    const figures = await compare([actions.node(), ...list], {
      runs: rounds,
      memoryRuns: 1,
      progress: line => progress(`${work}: ${line}`)
    })
    const empty = figures.get(NODE)
    for (const { name } of list) {
      const { cpu, wall, peak } = figures.get(name)
      const ratio = `${number(cpu / empty.cpu)} x`
      rows.push([`${work}: ${name}`, number(cpu), ratio, number(wall.median), number(peak)])
    }
  }
  const found = PEERS.map(name => `${name}: ${versionOf(name, sandbox.env) ?? 'not found'}`)
  const head = ['work', 'cpu ms', `of ${NODE}`, 'wall ms', 'peak MB']
  const absent = others.absent.map(line => `not measured: ${line}`)
  return { text: `${[...found, '', table(head, rows), '', ...absent].join('\n')}\n` }
}

/** The first line of what a program says of its version; `undefined` if it is not in PATH. */
function versionOf(name, env) {
  for (const flag of ['--version', 'version']) {
    const { error, status, stdout } = spawnSync(name, [flag], { env, encoding: 'utf8' })
    if (error) return undefined
    const version = /\d+\.\d+[\w.-]*/.exec(stdout)?.[0]
    if (status === 0 && version) return version
  }
  return 'found'
}
