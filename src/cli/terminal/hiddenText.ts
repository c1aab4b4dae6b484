const PASTE_END = '\u001b[201~'
const [CTRL_C, CTRL_D, CTRL_U, CTRL_Z] = ['\u0003', '\u0004', '\u0015', '\u001a']
/** An escape sequence (ECMA-48), such as an arrow key or the start of a bracketed paste. */
// eslint-disable-next-line no-control-regex
const ESCAPE = /^\u001b(?:\[([0-?]*[ -/]*[@-~])|O.|[^[O])/s

/**
 * `line`: Enter ends the answer, and the keys after it are for the next prompt. `value`: Enter ends it, unless it is a part
 * of a paste, which is taken whole. `lines`: Enter begins a new line, and Ctrl-D ends the answer.
 */
export type HiddenKind = 'line' | 'value' | 'lines'

export type Progress =
  | 'more'
  /** Enter was the last key. If more keys follow at once, they belong to a paste, and so does this Enter. */
  | 'entered'
  | 'ended'
  | 'interrupted'
  /** Ctrl-Z: the process has to stop. What was typed so far is forgotten. */
  | 'suspended'

/** What was typed or pasted at a hidden prompt, from the keys that a terminal in raw mode sends. */
export class HiddenText {
  readonly #kind: HiddenKind
  #text = ''
  #keys = ''
  #isPasting = false
  #isEntered = false
  #hasPasted = false

  constructor(kind: HiddenKind) {
    this.#kind = kind
  }

  /** The text so far. A line ends in `\n`, whatever the terminal sent. */
  get text(): string {
    return this.#text
  }

  /** The keys after the answer, for the next prompt. */
  get rest(): string {
    return this.#keys
  }

  /** Whether the terminal marked a paste, since this was last asked. */
  takePasted(): boolean {
    const pasted = this.#hasPasted && !this.#isPasting
    if (pasted) this.#hasPasted = false
    return pasted
  }

  feed(keys: string): Progress {
    if (this.#isEntered && keys !== '') {
      this.#isEntered = false
      this.#text += '\n'
    }
    this.#keys += keys
    while (this.#keys !== '') {
      const progress = this.#isPasting ? this.#paste() : this.#key()
      if (progress === 'incomplete') return 'more'
      if (progress !== 'more') return progress
    }
    return 'more'
  }

  #paste(): Progress | 'incomplete' {
    const end = this.#keys.indexOf(PASTE_END)
    // the last keys may be the beginning of the mark
    const length = end < 0 ? this.#keys.length - PASTE_END.length + 1 : end
    if (end < 0 && length <= 0) return 'incomplete'
    this.#text += this.#keys.slice(0, length)
    this.#keys = this.#keys.slice(end < 0 ? length : end + PASTE_END.length)
    if (end < 0) return 'incomplete'
    this.#isPasting = false
    // a terminal sends \r for each end of a line
    this.#text = this.#text.replace(/\r\n?/g, '\n')
    return 'more'
  }

  #key(): Progress | 'incomplete' {
    const key = String.fromCodePoint(this.#keys.codePointAt(0)!)
    if (key === '\u001b') return this.#escape()
    this.#keys = this.#keys.slice(key.length)
    if (key === '\r' || key === '\n') return this.#enter(key)
    if (key === CTRL_C) return 'interrupted'
    if (key === CTRL_Z) return this.#suspend()
    if (key === CTRL_D) return this.#kind === 'lines' ? 'ended' : this.#text === '' ? 'interrupted' : 'more'
    if (key === CTRL_U) this.#text = ''
    else if (key === '\u007f' || key === '\b') this.#text = this.#text.replace(/.$/su, '')
    else if (key >= ' ' || key === '\t') this.#text += key
    return 'more'
  }

  #suspend(): Progress {
    this.#text = this.#keys = ''
    return 'suspended'
  }

  #enter(key: string): Progress {
    if (key === '\r' && this.#keys.startsWith('\n')) this.#keys = this.#keys.slice(1)
    if (this.#kind === 'line') return 'entered'
    if (this.#kind === 'value' && this.#keys === '') {
      this.#isEntered = true
      return 'entered'
    }
    this.#text += '\n'
    return 'more'
  }

  /** Ignores keys such as arrows: there is no cursor to move. */
  #escape(): Progress | 'incomplete' {
    const match = ESCAPE.exec(this.#keys)
    if (!match) return 'incomplete'
    this.#keys = this.#keys.slice(match[0].length)
    if (match[1] === '200~') this.#isPasting = this.#hasPasted = true
    return 'more'
  }
}
