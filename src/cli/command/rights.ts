import type { Rights } from '../../core/access/access.js'
import { RIGHTS, type Right } from '../../core/access/rights.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { UsageError } from '../arguments/usage.js'

/** The rights of somebody who may create secrets and store values, under one name. */
const WRITE: readonly Right[] = ['encrypt', 'manage']

/** With all of them, a developer can do a day's work. */
export const RIGHT_CHOICES = [
  { value: 'decrypt', note: 'read values', isSuggested: true },
  { value: 'encrypt', note: 'add versions', isSuggested: true },
  { value: 'manage', note: 'create secrets, and change everything else about them', isSuggested: true }
]

/** The options that name rights on keys. */
export const rightOptions = { key: { kind: 'repeat' }, allow: { kind: 'repeat' } } as const

/** Returns the same rights on each key, as in `--key prod --key web --allow decrypt,encrypt`. */
export function rightsOf(keys: readonly string[], lists: readonly string[]): Rights {
  const rights = lists
    .flatMap(list => list.split(','))
    .flatMap(right => {
      if (right === 'write') return WRITE
      const known = RIGHTS.find(one => one === right)
      if (known) return known
      throw new UsageError(
        'input',
        `'${visible(right)}' is not a right: use ${RIGHTS.join(', ')}, or write for encrypt,manage`
      )
    })
  const [first, ...others] = new Set(rights)
  if (!first) return new Map()
  return new Map(keys.map(key => [key, [first, ...others]]))
}

/** Returns the rights in `--key` and `--allow`. Throws `UsageError`, naming the missing option. */
export function rightsFromOptions(parsed: Parsed, command: string): Rights {
  const [keys, allow] = [parsed.list('key'), parsed.list('allow')]
  if (!keys || !allow) throw new UsageError('input', `${command} needs --${keys ? 'allow' : 'key'}`)
  return rightsOf(keys, allow)
}

/** Returns the rights as text, such as `decrypt, encrypt on prod`. */
export const formatRights = (rights: Rights): string =>
  [...rights].map(([key, list]) => `${list.join(', ')} on ${visible(key)}`).join('; ')
