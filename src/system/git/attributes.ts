import { git } from './git.js'
import type { Place } from './place.js'

/** What would have git store or check out other bytes than those of the file. */
const UNWANTED: Readonly<Record<string, (value: string) => boolean>> = {
  text: value => value !== 'unset',
  eol: value => value !== 'unspecified' && value !== 'unset',
  filter: value => value !== 'unset' && value !== 'unspecified',
  ident: value => value === 'set',
  'working-tree-encoding': value => value !== 'unset' && value !== 'unspecified'
}

/** The attributes of a path by which git changes a file, as `text: auto`; none where it keeps every byte. */
export async function attributesOf(place: Place, path: string): Promise<string[]> {
  const asked = ['check-attr', '-z', ...Object.keys(UNWANTED), '--', path]
  const { output } = await git(place, asked)
  const fields = output.toString('utf8').split('\0')
  const wrong: string[] = []
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [, attribute = '', value = ''] = fields.slice(at, at + 3)
    if (UNWANTED[attribute]?.(value)) wrong.push(`${attribute}: ${value}`)
  }
  return wrong
}
