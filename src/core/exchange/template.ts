import { usage } from '../errors.js'
import { parseSource, type Source } from '../run/plan.js'

/** A text, or a place that gets a value. */
export type Part = string | (Source & { readonly line: number })

/** Optional backslash, then `{{git-vault:NAME}}` or `{{git-vault:NAME:FIELD}}`, or the begin of one. */
const PLACEHOLDER = /(\\?)\{\{git-vault\b([^\n]*?\}\}|)/g

/**
 * Returns the parts of a template. A backslash before a placeholder makes it plain text, and is taken out. All other braces are
 * plain text, so that a file of another template language can have placeholders too. Throws `Usage`, naming the line, if a
 * placeholder has another form.
 */
export function templateParts(text: string, file: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [all, backslash, rest = ''] = match
    parts.push(text.slice(end, match.index))
    end = match.index + all.length
    if (backslash !== '') {
      parts.push(all.slice(1))
      continue
    }
    const line = text.slice(0, match.index).split('\n').length
    parts.push({ ...source(rest, file, line), line })
  }
  parts.push(text.slice(end))
  return parts
}

function source(rest: string, file: string, line: number): Source {
  const [, words] = /^:(.*)\}\}$/.exec(rest) ?? []
  if (words !== undefined && words !== '' && !/[{}]/.test(words))
    return parseSource(words, `${file}, line ${line}: a placeholder`)
  throw usage(
    `${file}, line ${line}: the placeholder is not {{git-vault:NAME}} or {{git-vault:NAME:FIELD}}`,
    'for a plain text that looks like one, write a backslash before it'
  )
}
