import { splitNul } from './splitNul.js'

/** A file in which two states differ. What the older or the newer state lacks is `undefined`. */
export interface RawChange {
  readonly path: string
  readonly oldMode: string | undefined
  readonly newMode: string | undefined
  readonly old: string | undefined
  /** Also `undefined` for a file of the work tree that git has not hashed. */
  readonly new: string | undefined
  /** git's letter, such as `M`, or `U` for a file in conflict. */
  readonly status: string
}

/** Parses the output of `--raw -z --no-renames`: `:100644 100644 <old> <new> M`, NUL, path, NUL. */
export function parseRawDiff(output: Buffer): RawChange[] {
  const fields = splitNul(output)
  const changes: RawChange[] = []
  const present = (field: string): string | undefined => (/^0*$/.test(field) ? undefined : field)
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', old = '', made = '', status = ''] = fields[at]!.slice(1).split(' ')
    changes.push({
      path: fields[at + 1]!,
      oldMode: present(oldMode),
      newMode: present(newMode),
      old: present(old),
      new: present(made),
      status
    })
  }
  return changes
}
