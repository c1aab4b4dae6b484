/**
 * Several clones put values into the same few secrets and sync after each put, all at the same time, through one bare
 * repository. Ends with an error if a version is missing, the clones differ, or a clone does not verify.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nameOf } from './names.js'
import { run } from './processes.js'
import { SMALL } from './vaults.js'

const SECRETS = 5

/**
 * @param {import('./sandbox.js').Sandbox} sandbox
 * @param {(branch: string, name?: string) => string} clone
 * @param {{ clones: number, puts: number, progress: (line: string) => void }} options `puts` is for each clone
 */
export async function sharedFigures(sandbox, clone, { clones, puts, progress }) {
  const hub = join(sandbox.folder, 'shared.git')
  const folders = Array.from({ length: clones }, (_, index) => clone('small', `shared-${index}`))
  run(sandbox.git(sandbox.folder, 'clone', '-q', '--bare', folders[0], hub))
  for (const folder of folders) run(sandbox.git(folder, 'remote', 'set-url', 'origin', hub))
  const start = run(sandbox.git(folders[0], 'rev-parse', 'HEAD')).trim()
  progress(`${clones} clones at once: ${puts} puts each, a sync after each`)
  const since = performance.now()
  const results = await Promise.all(folders.map((folder, index) => work(sandbox, folder, index, puts)))
  const seconds = (performance.now() - since) / 1000
  for (const folder of folders) run(sandbox.vault(folder, 'sync'))
  check(sandbox, folders, { start, versions: clones * puts })
  const sum = of => results.reduce((all, result) => all + of(result), 0)
  return {
    ...{ clones, puts: clones * puts, seconds },
    races: sum(({ races }) => races),
    mostRaces: Math.max(...results.map(({ mostRaces }) => mostRaces)),
    refused: sum(({ refused }) => refused)
  }
}

async function work(sandbox, folder, index, puts) {
  const script = fileURLToPath(new URL('syncer.js', import.meta.url))
  const [program] = sandbox.vault(folder).args
  const child = spawn(
    process.execPath,
    [script, program, folder, String(index), String(puts), String(SECRETS)],
    {
      cwd: folder,
      env: sandbox.env,
      stdio: ['ignore', 'pipe', 'inherit']
    }
  )
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`clone ${index} failed`)
  return JSON.parse(output)
}

function check(sandbox, folders, { start, versions }) {
  const heads = new Set(folders.map(folder => run(sandbox.git(folder, 'rev-parse', 'HEAD')).trim()))
  if (heads.size !== 1) throw new Error(`the clones ended with ${heads.size} different commits`)
  const [first] = folders
  let found = 0
  for (let index = 0; index < SECRETS; index++) {
    const list = ['list-secret-version-ids', '--include-deprecated', '--secret-id', nameOf('nest', index)]
    found += JSON.parse(run(sandbox.vault(first, ...list))).Versions.length
  }
  // each of these secrets had one version before
  if (found - SECRETS !== versions) throw new Error(`${found - SECRETS} of ${versions} versions arrived`)
  for (const folder of folders)
    run({ ...sandbox.vault(folder, 'verify'), expected: `verified ${SMALL} secrets, ` })
  run({ ...sandbox.vault(first, 'verify', '--range', `${start}..HEAD`), expected: '0 problems' })
}
