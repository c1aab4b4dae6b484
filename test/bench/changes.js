/**
 * Measures commands whose time should follow the change and not the vault: each in a large vault and in one with a twentieth
 * of its secrets, with the same 100 changes, and plain git beside it.
 */
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nameOf } from './names.js'
import { compare, run } from './processes.js'
import { paired } from './statistics.js'

export const CHANGES = 100
const NAME = nameOf('nest', 7)

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @param {(branch: string, name?: string) => string} clone
 * @param {{ size: number, runs: number, progress: (line: string) => void }} options
 * @returns {Promise<{ name: string, wall: object, cpu?: number, git?: object, few?: object }[]>} `git` and `few` are ratios
 */
export async function changeFigures(sandbox, clone, { size, runs, progress }) {
  const many = prepare(sandbox, clone, 'nest', progress)
  const few = prepare(sandbox, clone, 'twentieth', progress)
  const list = [many, few].flatMap(each => actions(sandbox, each))
  const measured = await compare(list, {
    runs,
    memoryRuns: 0,
    progress: line => progress(`changes: ${line}`)
  })
  const rows = actions(sandbox, many)
    .filter(({ of }) => of !== undefined)
    .map(({ name, command, of }) => {
      const { wall, cpu } = measured.get(name)
      return {
        name: command,
        wall,
        cpu,
        git: paired(wall.values, measured.get(of).wall.values),
        few: paired(wall.values, measured.get(`${command}, ${few.branch}`).wall.values)
      }
    })
  const whole = 'doctor --all'
  const all = await compare(
    [{ name: whole, commands: () => [sandbox.vault(many.reader, 'doctor', '--all')] }],
    {
      ...{ runs: 1, memoryRuns: 0, warmups: 0 },
      progress: () => progress(`${whole}, ${size.toLocaleString('en')} secrets`)
    }
  )
  return [...rows, { name: whole, ...all.get(whole) }]
}

/** Makes a remote with the changes, a clone that lacks them and has looked at all secrets, and another one for git alone. */
function prepare(sandbox, clone, branch, progress) {
  const at = name => join(sandbox.folder, `${branch}-${name}`)
  const [writer, reader, twin] = ['writer', 'reader', 'twin'].map(name => clone(branch, `${branch}-${name}`))
  const before = run(sandbox.git(writer, 'rev-parse', 'HEAD')).trim()
  run(sandbox.git(sandbox.folder, 'clone', '-q', '--bare', reader, at('hub.git')))
  for (const each of [writer, reader, twin])
    run(sandbox.git(each, 'remote', 'set-url', 'origin', at('hub.git')))
  progress(`${branch}: doctor looks at all secrets`)
  run({ ...sandbox.vault(reader, 'doctor'), expected: 'no exposed values' })
  copyFileSync(examined(reader), at('examined'))
  progress(`${branch}: making ${CHANGES} changes`)
  const script = fileURLToPath(new URL('puts.js', import.meta.url))
  const args = [script, sandbox.library, writer, String(CHANGES)]
  run({ file: process.execPath, args, cwd: sandbox.folder, env: sandbox.env })
  run(sandbox.git(writer, 'push', '-q', 'origin', `HEAD:refs/heads/${branch}`))
  const after = run(sandbox.git(writer, 'rev-parse', 'HEAD')).trim()
  return { branch, before, after, reader, twin, examined: at('examined') }
}

const examined = vault => {
  const file = join(vault, '.git/git-vault/examined')
  if (!existsSync(file)) throw new Error('doctor has not remembered that all secrets are in order')
  return file
}

function actions(sandbox, { branch, before, after, reader, twin, examined: remembered }) {
  const range = `${before}..${after}`
  const git = (name, ...args) => action(name, () => [sandbox.git(twin, ...args)])
  const action = (name, commands, of) => ({
    ...{ name: `${name}, ${branch}`, command: name, commands },
    ...(of === undefined ? {} : { of: `${of}, ${branch}` })
  })
  /** Takes a clone back to where it was before the changes came. */
  const back = folder => {
    run(sandbox.git(folder, 'reset', '-q', '--hard', before))
    run(sandbox.git(folder, 'update-ref', `refs/remotes/origin/${branch}`, before))
  }
  const vault = (...args) => sandbox.vault(reader, ...args)
  return [
    action('git fetch + git merge', () => {
      back(twin)
      const merge = sandbox.git(twin, 'merge', '-q', '--ff-only', `origin/${branch}`)
      return [sandbox.git(twin, 'fetch', '-q', 'origin', branch), merge]
    }),
    action(
      'sync',
      () => {
        back(reader)
        return [{ ...vault('sync'), expected: `received ${CHANGES} commits` }]
      },
      'git fetch + git merge'
    ),
    git('git log -- PATH', 'log', '--raw', '--', `vault/secrets/${NAME}`),
    action('log NAME', () => [{ ...vault('log', NAME), expected: 'PutSecretValue' }], 'git log -- PATH'),
    git('git diff A..B', 'diff', range),
    action('diff A..B', () => [{ ...vault('diff', range), expected: NAME }], 'git diff A..B'),
    git('git status', 'status'),
    action(
      'doctor',
      () => {
        copyFileSync(remembered, join(reader, '.git/git-vault/examined'))
        return [{ ...vault('doctor'), expected: `looked at ${CHANGES} secrets` }]
      },
      'git status'
    )
  ]
}
