import { VaultError } from '../../core/errors.js'
import { shownName } from '../../vault/documents/place.js'
import type { Answer, Question, ShownSide } from '../../vault/resolving/types.js'
import type { Ask } from '../command/services.js'
import { visible } from '../terminal/escape.js'

const WHAT: Readonly<Record<Question['reason'], string>> = {
  'two values': 'one version has a value on each side',
  'created twice': 'each side created a secret of this name',
  'removed and changed': 'one side removed it, and the other has',
  'goes back': 'its state went back'
}

/** Describes both sides of a question. Values are shown only if the user wants to see them. */
export async function questionLines(question: Question, showValues: boolean): Promise<string[]> {
  const { name, region, reason, sides } = question
  const lines = [`${visible(shownName(name, region))}: ${WHAT[reason]}`]
  for (const side of sides) {
    lines.push(
      `  ${visible(side.from)}: version ${visible(side.versionId)}, by ${visible(side.writer)}, ${side.created}`
    )
    if (showValues) lines.push(`    ${await shownValue(side)}`)
  }
  return lines
}

async function shownValue({ value }: ShownSide): Promise<string> {
  try {
    const found = await value()
    return found.type === 'string' ? visible(found.text) : `${found.bytes.length} bytes`
  } catch (error) {
    if (error instanceof VaultError) return `(${visible(error.message)})`
    throw error
  }
}

/** Asks the user. `undefined` if the answer is neither side. */
export async function ask({ name, region, reason }: Question, prompt: Ask): Promise<Answer | undefined> {
  const shown = visible(shownName(name, region))
  if (reason === 'removed and changed') return (await prompt.confirm(`Keep ${shown}?`)) ? 'ours' : 'theirs'
  if (reason === 'goes back')
    return (await prompt.confirm(`Move AWSCURRENT of ${shown} back to the older version?`))
      ? 'theirs'
      : 'ours'
  const answer = (await prompt.text(`Which value of ${shown} is current, ours or theirs?`, undefined)).trim()
  return answer === 'ours' || answer === 'theirs' ? answer : undefined
}
