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

/** Returns the attributes, such as `text: auto`, that make git convert this file; empty if it keeps every byte. */
export async function convertingAttributes(place: Place, path: string): Promise<string[]> {
  const { output } = await git(place, ['check-attr', '-z', ...Object.keys(CONVERTING), '--', path])
  const fields = output.toString('utf8').split('\0')
  const converting: string[] = []
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [, attribute = '', value = ''] = fields.slice(at, at + 3)
    if (CONVERTING[attribute]?.(value)) converting.push(`${attribute}: ${value}`)
  }
  return converting
}
