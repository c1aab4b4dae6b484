import { wordlist } from '@scure/bip39/wordlists/english.js'

/** A block of commands in a page of the documentation. */
export interface Block {
  readonly line: number
  readonly commands: readonly Command[]
}

export interface Command {
  /** Who runs it: `bob` in `bob$ git-vault …`. */
  readonly person: string
  readonly text: string
  /** What the page shows that it prints; undefined if the page does not say. */
  readonly shown: string | undefined
}

const FENCE = /^```(sh|text)\n(.*?)^```$/gms

/**
 * Returns the blocks of a page in order. A block of `sh` is one command, the whole block. A block of `text` has a command in
 * each line that starts with `$ `, or with a person's name and `$ `, and what it prints in the lines after it. A line that ends
 * with `\` goes on in the next. A block without a command only shows something.
 */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(FENCE)].flatMap(({ 1: kind, 2: body = '', index }) => {
    const line = page.slice(0, index).split('\n').length
    const commands = kind === 'sh' ? [{ person: 'ana', text: body, shown: undefined }] : session(body)
    return commands.length === 0 ? [] : [{ line, commands }]
  })
}

function session(body: string): Command[] {
  return [...body.matchAll(/^(\w*)\$ ((?:.*\\\n)*.*)\n((?:(?!\w*\$ ).*\n)*)/gm)].map(
    ([, person, text = '', shown = '']) => ({ person: person || 'ana', text, shown })
  )
}

const WORD = `(?:${wordlist.join('|')})`

/** What differs from run to run, in the words that stand for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID'],
  [/\d{4}-\d\d-\d\d(?: \d\d:\d\d)?/g, 'DATE'],
  [/\bgv(?:pub|inv|sec)1_[\w-]*…?/g, 'KEY'],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, 'ROOT'],
  [/\b[0-9a-f]{12}\b/g, 'COMMIT'],
  [new RegExp(`\\b${WORD}(?: ${WORD}){11}\\b`, 'g'), 'WORDS'],
  [/[✔?] (?=[A-Z])/g, '']
]

/** The text with its varying parts replaced, and with one space where it has white space. */
export const steady = (text: string): string =>
  VARYING.reduce((left, [pattern, word]) => left.replace(pattern, word), text.replace(/\s+/g, ' ').trim())

/** Whether a program printed what a page shows. `…` in the page stands for anything. */
export function isShown(shown: string, printed: string): boolean {
  const parts = steady(shown)
    .split('…')
    .map(part => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(steady(printed))
}
