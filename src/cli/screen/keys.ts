/** The keys that a screen knows. `other` is any key without a meaning here. */
export type KeyName =
  | 'text'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'pageUp'
  | 'pageDown'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backTab'
  | 'backspace'
  | 'other'
  | `ctrl-${string}`

export interface Key {
  readonly name: KeyName
  /** The characters that were typed or pasted, if the name is `text`. */
  readonly text: string
}

/** Asks the terminal to mark what is pasted, so that a pasted line end is not Enter. */
export const [MARK_PASTES, DO_NOT_MARK] = ['\u001b[?2004h', '\u001b[?2004l']
const [PASTE, PASTE_END] = ['\u001b[200~', '\u001b[201~']
/** In characters: the longest value that a secret can have. */
const LONGEST_PASTE = 65_536
/** An escape sequence (ECMA-48). */
// eslint-disable-next-line no-control-regex
const SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O])/su
/** The last character of a sequence, or the number before its `~`. */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  ...{ A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', Z: 'backTab' },
  ...{ 1: 'home', 4: 'end', 5: 'pageUp', 6: 'pageDown', 7: 'home', 8: 'end' }
}
const CONTROLS: Readonly<Record<string, KeyName>> = {
  ...{ '\r': 'enter', '\n': 'enter', '\t': 'tab', '\b': 'backspace', '\u007f': 'backspace' }
}
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

/** Reads keys from what a terminal in raw mode sends. */
export class KeyReader {
  #rest = ''

  /** Whether the last characters may be the beginning of a sequence, or the Escape key: `flush` decides. */
  get isOpen(): boolean {
    return this.#rest !== ''
  }

  read(sent: string): Key[] {
    this.#rest += sent
    const keys: Key[] = []
    while (this.#rest !== '') {
      const key = this.#next()
      if (key === undefined) break
      keys.push(key)
    }
    return keys
  }

  /** Returns the keys of a sequence that does not go on. */
  flush(): Key[] {
    const rest = this.#rest
    // a paste may come in parts
    if (rest.startsWith(PASTE)) return []
    this.#rest = ''
    return rest === '' ? [] : [{ name: rest === '\u001b' ? 'escape' : 'other', text: '' }]
  }

  #next(): Key | undefined {
    if (this.#rest.startsWith(PASTE)) return this.#paste()
    if (this.#rest.startsWith('\u001b')) return this.#sequence()
    const [typed] = this.#rest.split(CONTROL, 1)
    if (typed !== undefined && typed !== '') return { name: 'text', text: this.#take(typed.length) }
    const control = this.#take(1)
    return { name: CONTROLS[control] ?? controlName(control), text: '' }
  }

  #sequence(): Key | undefined {
    // two Escape keys
    if (this.#rest.startsWith('\u001b\u001b')) {
      this.#take(1)
      return { name: 'escape', text: '' }
    }
    const match = SEQUENCE.exec(this.#rest)
    if (!match) return undefined
    this.#take(match[0].length)
    // eslint-disable-next-line no-control-regex
    const [, number, final] = /^\u001b(?:\[|O)(\d*)(?:;\d+)?([A-Z~])$/.exec(match[0]) ?? []
    const known = final === '~' ? SEQUENCES[number ?? ''] : SEQUENCES[final ?? '']
    return { name: known ?? 'other', text: '' }
  }

  #paste(): Key | undefined {
    const end = this.#rest.indexOf(PASTE_END)
    // a terminal that lost the end must not lose all keys after it
    if (end < 0 && this.#rest.length > LONGEST_PASTE) this.#rest = ''
    if (end < 0) return undefined
    const text = this.#rest.slice(PASTE.length, end)
    this.#take(end + PASTE_END.length)
    // eslint-disable-next-line no-control-regex
    return { name: 'text', text: text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim() }
  }

  #take(length: number): string {
    const taken = this.#rest.slice(0, length)
    this.#rest = this.#rest.slice(length)
    return taken
  }
}

function controlName(control: string): KeyName {
  const code = control.charCodeAt(0)
  return code >= 1 && code <= 26 ? `ctrl-${String.fromCharCode(code + 96)}` : 'other'
}
