/*
 * The fault sweep: makes every call that writes below a repository fail, one after another, in git-vault and in its git
 * processes: the process is killed, a write is cut short, or the call fails with ENOSPC, EIO or EACCES. After each fault no
 * acknowledged write may be missing, and reading, writing and `git status` must work.
 *   npm run faults                 every call, kind and command: hours
 *   npm run faults -- --every 7    each seventh fault
 *   npm run faults -- --only put,init
 */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Lab, callsIn } from './lab.js'

export const KINDS = ['kill', 'half', 'ENOSPC', 'EIO', 'EACCES']

/** The secrets after the command, if it succeeds: a name and its value, or null for a secret that is gone. */
export const COMMANDS = {
  put: { args: ['put-secret-value', '--secret-id', 'a', '--secret-string', 'two'], after: { a: 'two' } },
  create: { args: ['create-secret', '--name', 'new', '--secret-string', 'two'], after: { new: 'two' } },
  delete: {
    args: ['delete-secret', '--secret-id', 'b', '--force-delete-without-recovery'],
    after: { b: null }
  },
  split: {
    args: ['put-secret-value', '--secret-id', 'a', '--secret-string', 'two'],
    after: { a: 'two' },
    prepare: (lab, root) => lab.git(root, 'update-index', '--split-index', '--untracked-cache')
  },
  v4: {
    args: ['put-secret-value', '--secret-id', 'a', '--secret-string', 'two'],
    after: { a: 'two' },
    prepare: (lab, root) => lab.git(root, 'update-index', '--index-version', '4')
  },
  tag: { args: ['tag-resource', '--secret-id', 'a', '--tags', 'Key=k,Value=v'], after: {} },
  key: { args: ['key', 'new', 'prod', '--names', 'prod/**'], after: {} },
  get: {
    args: ['get-secret-value', '--secret-id', 'a'],
    after: {},
    prepare: (lab, root) => fs.rmSync(join(root, '.git/git-vault/seen'), { recursive: true })
  },
  init: { args: ['init', '--yes', '--member', 'ana'], after: {}, isNew: true }
}

/**
 * Sweeps one command. Returns the number of calls and of faults, and a line for each failed expectation.
 * @param every takes each n-th fault only
 */
export async function sweep(lab, name, { every = 1, offset = 0, jobs = 2 } = {}) {
  const command = COMMANDS[name]
  const template = await templateOf(lab, name, command)
  const calls = await count(lab, template, command, name)
  const faults = []
  for (const kind of KINDS)
    for (const { number, name: call } of calls)
      if (kind !== 'half' || call.includes('write')) faults.push({ at: number, kind })
  const chosen = faults.filter((_, at) => at % every === offset % every)
  const failures = []
  const queue = chosen.values()
  const worker = async id => {
    for (const fault of queue) {
      const root = join(lab.top, `${name}-${id}`)
      const failed = await once(lab, { template, root, command, fault, id: `${name}-${id}` })
      const call = calls[fault.at]
      const what = call ? `${call.name} ${call.path.slice(template.length)}` : ''
      failures.push(...failed.map(line => `${name}: ${fault.kind} at call ${fault.at} (${what}): ${line}`))
      if (failed.length > 0 && process.env.GIT_VAULT_KEEP)
        fs.cpSync(root, `${root}-failed-${fault.kind}-${fault.at}`, { recursive: true })
      fs.rmSync(root, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: jobs }, (_, id) => worker(id)))
  return { calls: calls.length, faults: chosen.length, failures }
}

async function templateOf(lab, name, command) {
  const root = join(lab.top, `${name}-template`)
  if (command.isNew) {
    fs.mkdirSync(root)
    await lab.identity(root)
  } else {
    await lab.repository(`${name}-template`)
    command.prepare?.(lab, root)
  }
  return root
}

async function count(lab, template, command, name) {
  const root = join(lab.top, `${name}-count`)
  fs.cpSync(template, root, { recursive: true, preserveTimestamps: true })
  const log = join(lab.top, `${name}.log`)
  const { code, stderr } = await lab.run(command.args, root, {
    root,
    counter: join(lab.top, `${name}.count`),
    log
  })
  if (code !== 0) throw new Error(`${name}: ${stderr}`)
  fs.rmSync(root, { recursive: true })
  return callsIn(log)
}

async function once(lab, { template, root, command, fault, id }) {
  fs.cpSync(template, root, { recursive: true, preserveTimestamps: true })
  const result = await lab.run(command.args, root, { root, counter: join(lab.top, `${id}.count`), ...fault })
  const failed = []
  const expected = async (what, work) => {
    try {
      const problem = await work()
      if (problem) failed.push(`${what}: ${problem}`)
    } catch (error) {
      failed.push(`${what}: ${error.message}${error.hint ? ` (${error.hint})` : ''}`)
    }
  }
  const isAcknowledged = result.code === 0
  if (command.isNew && !isAcknowledged)
    await expected('init again', async () => {
      const again = await lab.run(command.args, root)
      if (again.code !== 0 && !again.stderr.includes('already has a vault')) return again.stderr
    })
  const { openVault } = await import(
    pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), '../../dist/index.js')).href
  )
  const vault = await openVault({ directory: root })
  const valueOf = SecretId =>
    vault.getSecretValue({ SecretId }).then(
      ({ SecretString }) => SecretString,
      error => {
        if (error.code === 'ResourceNotFoundException') return null
        throw error
      }
    )
  if (!command.isNew)
    for (const [secret, value] of Object.entries({ a: 'one', b: 'one', new: null, ...command.after }))
      await expected(`the value of ${secret}`, async () => {
        const found = await valueOf(secret)
        const before = secret === 'new' ? null : 'one'
        const isRight = found === value || (!isAcknowledged && found === before)
        return isRight ? undefined : `${found}, exit code ${result.code}: ${result.stderr}`
      })
  await expected('the next write', async () => {
    await vault.createSecret({ Name: 'next', SecretString: 'next' })
    return (await valueOf('next')) === 'next' ? undefined : 'is not there'
  })
  await expected('git status', () => {
    const status = lab.git(root, 'status', '--porcelain', '--untracked-files=all')
    return status === (command.isNew ? '' : 'M  code.txt\n') ? undefined : status
  })
  await expected('git commit', () => void lab.git(root, 'commit', '-q', '--allow-empty', '-m', 'mine'))
  await expected('git fsck', () => void lab.git(root, 'fsck', '--no-dangling'))
  await vault.close?.()
  return failed
}

async function main(argv) {
  const option = name => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined)
  const lab = new Lab()
  const total = { faults: 0, failures: 0 }
  for (const name of option('--only')?.split(',') ?? Object.keys(COMMANDS)) {
    const { calls, faults, failures } = await sweep(lab, name, { every: Number(option('--every') ?? 1) })
    console.log(
      `${name}: ${calls} calls that write, ${faults} faults, ${failures.length} failed expectations`
    )
    for (const line of failures) console.log(`  ${line}`)
    total.faults += faults
    total.failures += failures.length
  }
  console.log(`fault sweep: ${total.faults} faults, ${total.failures} failed expectations`)
  lab.end()
  if (total.failures > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
