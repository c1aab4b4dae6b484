import type { FollowOptions } from '../../app/follow/follower.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { duration } from '../terminal/duration.js'
import { visible } from '../terminal/escape.js'

const DEFAULT_MS = 30_000
const MAX_MS = 24 * 3_600_000

/** Returns what `--follow REMOTE[=INTERVAL]` and `--push` ask for. Throws `UsageError`. */
export function followOf(parsed: Parsed): FollowOptions | undefined {
  const text = parsed.text('follow')
  const push = parsed.has('push')
  if (text === undefined) {
    if (push) throw new UsageError('input', '--push needs --follow', 'for example: --follow origin --push')
    return undefined
  }
  // the name of a remote may contain the sign
  const at = text.lastIndexOf('=')
  const remote = at < 0 ? text : text.slice(0, at)
  if (remote === '')
    throw new UsageError('input', '--follow needs the name of a remote', 'for example: --follow origin')
  return { remote, interval: at < 0 ? DEFAULT_MS : milliseconds(text.slice(at + 1)), push }
}

function milliseconds(text: string): number {
  const interval = duration(text)
  if (interval !== undefined && interval > 0 && interval <= MAX_MS) return interval
  throw new UsageError(
    'input',
    `--follow does not take the interval '${visible(text)}'`,
    'use seconds, minutes or hours, from 1s to 24h, for example: --follow origin=30s'
  )
}
