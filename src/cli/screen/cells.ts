/**
 * The characters that a terminal draws in two columns: East Asian Width W and F (Unicode Standard Annex #11), and emoji. A
 * regional indicator takes one, so that the two of a flag take two.
 */
const WIDE =
  /(?!\p{RI})[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u
/** The characters that a terminal draws on top of the one before. */
const COMBINING = /[\p{Mn}\p{Me}]/u
const ASCII = /^[ -~]*$/

/** Returns how many columns of a terminal a text takes. It has no control characters and no invisible ones. */
export function cells(text: string): number {
  if (ASCII.test(text)) return text.length
  let count = 0
  for (const character of text) count += cellsOf(character)
  return count
}

const cellsOf = (character: string): number => (COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** Returns the beginning of a text that takes at most `columns`. */
export function start(text: string, columns: number): string {
  const beginning = text.slice(0, Math.max(0, columns) + 1)
  if (ASCII.test(beginning)) return beginning.slice(0, Math.max(0, columns))
  let [end, used] = [0, 0]
  for (const character of text) {
    used += cellsOf(character)
    if (used > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

/** Returns the lines of a text, each at most `columns` wide. Breaks between words if it can, except in `exact` text. */
export function wrapped(text: string, columns: number, exact = false): string[] {
  const lines: string[] = []
  for (const whole of text.split('\n')) {
    let at = 0
    do {
      // a character that is wider than the screen has a line of its own
      const rest = whole.slice(at)
      const most = start(rest, columns) || rest.slice(0, (rest.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)
      const space = exact || at + most.length === whole.length ? -1 : most.lastIndexOf(' ')
      const line = space > 0 ? most.slice(0, space) : most
      lines.push(line)
      at += line.length + (space > 0 ? 1 : 0)
    } while (at < whole.length)
  }
  return lines
}
