import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, readIfExists } from '../files/files.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

export interface Head {
  /** Undefined if HEAD is detached. */
  readonly branch: string | undefined
  /** The newest commit; undefined if the branch is unborn. */
  readonly oid: string | undefined
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
/** The content of HEAD if the branches are in a reftable. */
const REFTABLE = 'refs/heads/.invalid'

/** Returns HEAD's branch; undefined if detached. Starts git only for a reftable. */
export async function readBranch(place: Place): Promise<string | undefined> {
  const target = headTarget(place)
  if (target !== REFTABLE) return target
  const { git } = await import('./git.js')
  const { code, output } = await git(place, ['symbolic-ref', '--quiet', 'HEAD'], { accept: [0, 1] })
  return code === 0 ? output.toString('utf8').trimEnd() : undefined
}

/** Returns HEAD's branch and commit. The branch may move right after. */
export async function readHead(place: Place): Promise<Head> {
  const branch = await readBranch(place)
  if (branch === undefined) {
    const { git } = await import('./git.js')
    const { code, output } = await git(place, ['rev-parse', '--verify', '--quiet', 'HEAD'], {
      accept: [0, 1]
    })
    return { branch, oid: code === 0 ? output.toString('utf8').trimEnd() : undefined }
  }
  return { branch, oid: await readRef(place, branch) }
}

/** Returns the commit of a branch; undefined if it is unborn. Throws `RepositoryState` for a symbolic or damaged ref. */
export async function readRef(place: Place, ref: string): Promise<string | undefined> {
  if (headTarget(place) === REFTABLE) {
    const { git } = await import('./git.js')
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', ref]
    const { code, output } = await git(place, args, { accept: [0, 1] })
    // git 2.39 also prints --end-of-options
    return code === 0 ? output.toString('utf8').trimEnd().split('\n').at(-1) : undefined
  }
  const loose = readLoose(join(place.commonDir, ref))
  if (loose !== undefined) {
    if (OID.test(loose)) return loose
    const problem = loose.startsWith('ref:') ? 'is a symbolic ref to another branch' : 'is damaged'
    throw new VaultError('RepositoryState', `${shown(ref)} ${problem}`, { hint: 'switch to another branch' })
  }
  return readPacked(place, ref)
}

/** Returns for example `refs/heads/main`; undefined if HEAD is detached. */
function headTarget(place: Place): string | undefined {
  const path = join(place.gitDir, 'HEAD')
  const text = readIfExists(path)?.toString('utf8') ?? ''
  const target = /^ref: *(.+?)\s*$/.exec(text)?.[1]
  if (target !== undefined) return target
  // in old repositories HEAD is a symbolic link, and `text` is the commit behind it
  try {
    return readlinkSync(path)
  } catch (error) {
    if (errno(error) === 'EINVAL' || errno(error) === 'ENOENT' || errno(error) === 'UNKNOWN') return undefined
    throw error
  }
}

function readLoose(path: string): string | undefined {
  try {
    return readIfExists(path)?.toString('utf8').trimEnd()
  } catch (error) {
    // `refs/heads/a` may be a folder left by a branch `a/b`, which `git pack-refs` may have emptied
    if (errno(error) === 'EISDIR') return undefined
    throw error
  }
}

function readPacked(place: Place, ref: string): string | undefined {
  const packed = readIfExists(join(place.commonDir, 'packed-refs'))
  const at = packed?.indexOf(` ${ref}\n`) ?? -1
  if (packed === undefined || at < 0) return undefined
  const start = packed.lastIndexOf('\n', at) + 1
  const oid = packed.toString('latin1', start, at)
  return OID.test(oid) ? oid : undefined
}
