import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, readIfThere } from '../files/files.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

export interface Head {
  /** Undefined when detached. */
  readonly branch: string | undefined
  /** The newest commit; undefined while the branch is unborn. */
  readonly oid: string | undefined
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
/** What git leaves in HEAD when the branches are in a reftable. */
const REFTABLE = 'refs/heads/.invalid'

/** The branch HEAD names, without a git process where branches are plain files. */
export async function readBranch(place: Place): Promise<string | undefined> {
  const target = headTarget(place)
  if (target !== REFTABLE) return target
  const { git } = await import('./git.js')
  const { code, output } = await git(place, ['symbolic-ref', '--quiet', 'HEAD'], { accept: [0, 1] })
  return code === 0 ? output.toString('utf8').trimEnd() : undefined
}

/** HEAD's branch and commit, as of one moment: the branch may move right after. */
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

export async function readRef(place: Place, ref: string): Promise<string | undefined> {
  if (headTarget(place) === REFTABLE) {
    const { git } = await import('./git.js')
    const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', ref]
    const { code, output } = await git(place, asked, { accept: [0, 1] })
    // 2.39 echoes --end-of-options.
    return code === 0 ? output.toString('utf8').trimEnd().split('\n').at(-1) : undefined
  }
  const loose = readLoose(join(place.commonDir, ref))
  if (loose !== undefined) {
    if (OID.test(loose)) return loose
    const what = loose.startsWith('ref:') ? 'stands for another branch' : 'is damaged'
    throw new VaultError('RepositoryState', `${shown(ref)} ${what}`, { hint: 'switch to a plain branch' })
  }
  return readPacked(place, ref)
}

/** `refs/heads/main`; undefined when HEAD is a commit. */
function headTarget(place: Place): string | undefined {
  const path = join(place.gitDir, 'HEAD')
  const text = readIfThere(path)?.toString('utf8') ?? ''
  const target = /^ref: *(.+?)\s*$/.exec(text)?.[1]
  if (target !== undefined) return target
  // Old repositories have a symbolic link here, and what was read is the commit behind it.
  try {
    return readlinkSync(path)
  } catch (error) {
    if (errno(error) === 'EINVAL' || errno(error) === 'ENOENT' || errno(error) === 'UNKNOWN') return undefined
    throw error
  }
}

function readLoose(path: string): string | undefined {
  try {
    return readIfThere(path)?.toString('utf8').trimEnd()
  } catch (error) {
    // `refs/heads/a` is a folder when there is a branch `a/b`, which `git pack-refs` may have emptied.
    if (errno(error) === 'EISDIR') return undefined
    throw error
  }
}

function readPacked(place: Place, ref: string): string | undefined {
  const packed = readIfThere(join(place.commonDir, 'packed-refs'))
  const at = packed?.indexOf(` ${ref}\n`) ?? -1
  if (packed === undefined || at < 0) return undefined
  const start = packed.lastIndexOf('\n', at) + 1
  const oid = packed.toString('latin1', start, at)
  return OID.test(oid) ? oid : undefined
}
