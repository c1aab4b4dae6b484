/** How a new password is made, and where it goes: `generate` and `rotate --generate`. */
export interface GenerateRule {
  /** Characters. */
  readonly length?: number
  /** Characters that it never has. */
  readonly exclude?: string
  readonly noPunctuation?: boolean
  /** This many words instead of characters. */
  readonly words?: number
  /** The field of a JSON object that it goes into. */
  readonly field?: string
}

/** The tag of a secret that has its rule. Everybody can read it, and changing it takes `manage`. */
export const RULE_TAG = 'git-vault:password'

/** The characters that AWS's rotation functions exclude, because they have a meaning in URLs, quotes and shells. */
export const EXCLUDED_BY_DEFAULT = '/@"\'\\'

/** Returns a rule as a text for a tag: such as `length=40 exclude=/@ field=token`. */
export function formatRule({ length, exclude, noPunctuation, words, field }: GenerateRule): string {
  const parts = [
    length === undefined ? '' : `length=${length}`,
    exclude === undefined ? '' : `exclude=${distinct(exclude)}`,
    noPunctuation ? 'no-punctuation' : '',
    words === undefined ? '' : `words=${words}`,
    // the last one, because it may contain spaces
    field === undefined ? '' : `field=${field}`
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** Returns the rule of a tag; `undefined` if the text is not one. */
export function parseRule(text: string): GenerateRule | undefined {
  const found = /^(.*?)(?:(?:^| )field=([^]+))?$/.exec(text)
  if (!found) return undefined
  const [, own = '', field] = found
  const rule: { -readonly [name in keyof GenerateRule]: GenerateRule[name] } = {}
  for (const part of own.split(' ').filter(word => word !== '')) {
    const [, name = '', value = ''] = /^([a-z-]+)(?:=(.*))?$/.exec(part) ?? []
    if (name === 'no-punctuation' && value === '') rule.noPunctuation = true
    else if (name === 'exclude') rule.exclude = value
    else if ((name === 'length' || name === 'words') && /^\d{1,5}$/.test(value)) rule[name] = Number(value)
    else return undefined
  }
  return field === undefined ? rule : { ...rule, field }
}

/** A rule with what was asked for: the field stays unless another is named, and all else is replaced by any part of it. */
export function mergedRule(present: GenerateRule, asked: GenerateRule): GenerateRule {
  const { field = present.field, ...how } = asked
  const { field: _, ...before } = present
  return { ...(Object.keys(how).length > 0 ? how : before), ...(field === undefined ? {} : { field }) }
}

/** The characters of a text that a password can have, each once: no other can occur in one. */
const distinct = (text: string): string =>
  [...new Set(text)].filter(character => /[!-~]/.test(character)).join('')
