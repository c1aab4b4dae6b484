/*
 * Power cuts: on ext4, XFS and btrfs, on a loop device. Right after a command has exited with 0, the device is copied as it
 * is: what the file system had not written is missing. The copy is mounted, as after a reboot. Nothing acknowledged may be
 * missing, and `git status` must work. Needs root, loop devices and the tools of the file systems: one that is missing is
 * named and skipped.
 *   npm run powercuts              100 cuts and more
 *   npm run powercuts -- --rounds 1 --only ext4,xfs
 */
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Lab } from './lab.js'

const SYSTEMS = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q', '-f'],
  btrfs: ['mkfs.btrfs', '-q', '-f']
}
const SIZES = { ext4: 96, xfs: 320, btrfs: 160 }
const INDEXES = {
  'version 2': ['--index-version', '2'],
  'version 4': ['--index-version', '4'],
  'split index': ['--split-index'],
  'untracked cache': ['--force-untracked-cache']
}

const sh = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** Cuts the power after each command. Yields a line for each failed expectation; `report.cuts` counts. */
export async function powerCuts(system, lab, { rounds, indexes, report }) {
  const image = join(lab.top, `${system}.img`)
  const mount = join(lab.top, system)
  const after = join(lab.top, `${system}-after`)
  for (const folder of [mount, after]) fs.mkdirSync(folder)
  sh('truncate', '-s', `${SIZES[system]}M`, image)
  sh(SYSTEMS[system][0], ...SYSTEMS[system].slice(1), image)
  sh('mount', '-o', 'loop', '-t', system, image, mount)
  const failures = []
  try {
    for (let round = 0; round < rounds; round++)
      for (const index of indexes)
        await cutsOf(lab, {
          system,
          image,
          mount,
          after,
          name: `r${round}-${index.replace(' ', '-')}`,
          setting: INDEXES[index],
          report,
          failures
        })
  } finally {
    sh('umount', mount)
    fs.rmSync(image)
  }
  return failures
}

async function cutsOf(lab, { system, image, mount, after, name, setting, report, failures }) {
  const root = join(mount, name)
  fs.mkdirSync(root)
  // the folder is the user's own, and was there before
  sh('sync', '-f', mount)
  const values = new Map()
  const step = async (args, change) => {
    await lab.must(args, root)
    change?.()
    for (const line of await cut(lab, { system, image, mount, after, name, values }))
      failures.push(`${system} ${name} ${args[0]}: ${line}`)
    report.cuts++
  }
  const secret = ['--secret-id', 'a']
  await step(['init', '--yes', '--member', 'ana'])
  fs.writeFileSync(join(root, 'code.txt'), 'mine\n')
  lab.git(root, 'add', 'code.txt')
  lab.git(root, 'update-index', ...setting)
  sh('sync', '-f', mount)
  await step(['create-secret', '--name', 'a', '--secret-string', 'one'], () => values.set('a', 'one'))
  await step(['create-secret', '--name', 'x/y', '--secret-string', 'one'], () => values.set('x/y', 'one'))
  await step(['put-secret-value', ...secret, '--secret-string', 'two'], () => values.set('a', 'two'))
  await step(['update-secret', ...secret, '--description', 'd', '--secret-string', 'three'], () =>
    values.set('a', 'three')
  )
  await step(['tag-resource', ...secret, '--tags', 'Key=k,Value=v'])
  await step(['key', 'new', 'prod', '--names', 'prod/**'])
  await step(['delete-secret', '--secret-id', 'x/y', '--force-delete-without-recovery'], () =>
    values.set('x/y', undefined)
  )
  await step(['delete-secret', ...secret], () => values.set('a', undefined))
  await step(['restore-secret', ...secret], () => values.set('a', 'three'))
}

function unmount(folder, isForgotten) {
  sh('umount', folder)
  if (isForgotten) sh('btrfs', 'device', 'scan', '--forget')
}

async function cut(lab, { system, image, mount, after, name, values }) {
  const copy = `${image}.cut`
  sh('cp', '--sparse=always', image, copy)
  // two file systems with one id cannot be mounted together
  const options = system === 'xfs' ? ['-o', 'loop,nouuid'] : ['-o', 'loop']
  // btrfs knows a device by its id, so the original must not be mounted meanwhile
  const isAlone = system === 'btrfs'
  if (isAlone) unmount(mount, isAlone)
  sh('mount', ...options, '-t', system, copy, after)
  const root = join(after, name)
  const failed = []
  try {
    for (const [SecretId, value] of values) {
      const { code, stdout, stderr } = await lab.run(
        ['get-secret-value', '--secret-id', SecretId, '--query', 'SecretString', '--output', 'text'],
        root
      )
      const found = code === 0 ? stdout.trim() : undefined
      if (found !== value) failed.push(`${SecretId} is ${found}, not ${value}: ${stderr}`)
      if (code !== 0 && value === undefined && !/ResourceNotFound|InvalidRequest/.test(stderr))
        failed.push(stderr)
    }
    const verified = await lab.run(['verify'], root)
    if (verified.code !== 0) failed.push(`verify: ${verified.stdout}${verified.stderr}`)
    const expected = values.size > 0 ? 'A  code.txt\n' : ''
    const status = spawnSync('git', ['status', '--porcelain', '-uall'], { cwd: root, encoding: 'utf8' })
    if (status.status !== 0 || status.stdout !== expected)
      failed.push(`git status: ${status.stdout}${status.stderr}`)
    const next = await lab.run(['create-secret', '--name', 'next', '--secret-string', 'next'], root)
    if (next.code !== 0) failed.push(`the next write: ${next.stderr}`)
  } finally {
    unmount(after, isAlone)
    fs.rmSync(copy)
    if (isAlone) sh('mount', '-o', 'loop', '-t', system, image, mount)
  }
  return failed
}

/** Why a file system cannot be tried here; undefined if it can. */
export function obstacle(system, lab) {
  if (process.geteuid?.() !== 0) return 'only root can mount a loop device'
  const tools = [SYSTEMS[system][0], 'mount', 'losetup', ...(system === 'btrfs' ? ['btrfs'] : [])]
  for (const tool of tools) if (spawnSync('which', [tool]).status !== 0) return `${tool} is not installed`
  const image = join(lab.top, `${system}-probe.img`)
  const mount = join(lab.top, `${system}-probe`)
  fs.mkdirSync(mount)
  try {
    sh('truncate', '-s', `${SIZES[system]}M`, image)
    sh(SYSTEMS[system][0], ...SYSTEMS[system].slice(1), image)
    sh('mount', '-o', 'loop', '-t', system, image, mount)
    sh('umount', mount)
    return undefined
  } catch (error) {
    return `it cannot be mounted: ${String(error.stderr ?? error.message).trim()}`
  } finally {
    fs.rmSync(image, { force: true })
  }
}

export const FILE_SYSTEMS = Object.keys(SYSTEMS)

/** Returns the failures, and prints a line for each file system. */
export async function allPowerCuts(
  lab,
  rounds,
  print = console.log,
  systems = FILE_SYSTEMS,
  indexes = Object.keys(INDEXES)
) {
  await lab.identity(lab.top)
  const failures = []
  let cuts = 0
  for (const system of systems) {
    const why = obstacle(system, lab)
    if (why !== undefined) {
      print(`power cuts on ${system}: skipped, ${why}`)
      continue
    }
    const report = { cuts: 0 }
    const failed = await powerCuts(system, lab, { rounds, indexes, report })
    print(`power cuts on ${system}: ${report.cuts} cuts, ${failed.length} failed expectations`)
    failures.push(...failed)
    cuts += report.cuts
  }
  return { cuts, failures }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lab = new Lab()
  const option = name =>
    process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined
  const { failures } = await allPowerCuts(
    lab,
    Number(option('--rounds') ?? 3),
    console.log,
    option('--only')?.split(',')
  )
  for (const line of failures) console.log(`  ${line}`)
  lab.end()
  if (failures.length > 0) process.exitCode = 1
}
