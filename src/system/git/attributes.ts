import { git } from './git.js'
import type { Place } from './place.js'

/** Attribute values that make git convert a file when it is added or checked out. */
const CONVERTING: Readonly<Record<string, (value: string) => boolean>> = {
  text: value => value !== 'unset',
  eol: value => value !== 'unspecified' && value !== 'unset',
  filter: value => value !== 'unset' && value !== 'unspecified',
  ident: value => value === 'set',
  'working-tree-encoding': value => value !== 'unset' && value !== 'unspecified'
}

/** An attribute, such as `text: auto`, that makes git convert a file. */
export interface Converting {
  readonly path: string
  readonly attribute: string
  readonly value: string
}

/** Returns the attributes that make git convert these files; empty if it keeps every byte. */
export async function convertingAttributes(place: Place, paths: readonly string[]): Promise<Converting[]> {
  const input = Buffer.from(paths.map(path => `${path}\0`).join(''), 'utf8')
  const { output } = await git(place, ['check-attr', '-z', '--stdin', ...Object.keys(CONVERTING)], { input })
  const fields = output.toString('utf8').split('\0')
  const converting: Converting[] = []
  let isBinary = false
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', attribute = '', value = ''] = fields.slice(at, at + 3)
    // `-text` makes eol void; git prints it first
    if (attribute === 'text') isBinary = value === 'unset'
    if (attribute === 'eol' && isBinary) continue
    if (CONVERTING[attribute]?.(value)) converting.push({ path, attribute, value })
  }
  return converting
}

/** Returns the names of the drivers that merge a file and show it in a diff, as attributes set them. */
export async function driversOf(place: Place, path: string): Promise<{ merge: string; diff: string }> {
  const input = Buffer.from(`${path}\0`, 'utf8')
  const { output } = await git(place, ['check-attr', '-z', '--stdin', 'merge', 'diff'], { input })
  const [, , merge = '', , , diff = ''] = output.toString('utf8').split('\0')
  return { merge, diff }
}
