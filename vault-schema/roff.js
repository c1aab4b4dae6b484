// Text and Markdown as man(7), in ASCII, for groff and mandoc.

const escaped = text =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /[^\n\t -~]/gu,
      character => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`
    )

/** A line that starts with a dot or a quote would be a request. */
const guarded = text => text.replace(/^(?=[.'])/gm, '\\&')

export const plain = text => guarded(escaped(text))

/** Lines that are not filled. */
export const verbatim = lines => `.RS 4\n.nf\n${plain(lines.join('\n'))}\n.fi\n.RE\n`

/** A paragraph of Markdown on one line: code and emphasis in bold, links as their texts. */
export function inline(markdown) {
  const parts = markdown
    .replace(/\[((?:[^\]\\]|\\.)+)\]\([^)]*\)/g, '$1')
    .split(/(``.+?``|`[^`]+`|\*\*[^*]+\*\*)/)
  const text = parts
    .map((part, at) => {
      if (at % 2 === 0) return escaped(part.replace(/\\([\\|*_`[\]<>])/g, '$1'))
      const inner = part.replace(/^(?:`` ?|`|\*\*)|(?: ?``|`|\*\*)$/g, '').replaceAll('\\|', '|')
      return `\\fB${escaped(inner)}\\fR`
    })
    .join('')
  return guarded(text)
}

/** The blocks of a section of Markdown: paragraphs, lists, tables and code, without the tables that `leavesOut` names. */
export function blocks(markdown, leavesOut = () => false) {
  return markdown
    .split(/\n{2,}(?=(?:[^`]|`(?!``))*(?:```(?:[^`]|`(?!``))*```(?:[^`]|`(?!``))*)*$)/)
    .map(block => block.replace(/^\n+|\n+$/g, ''))
    .filter(block => block !== '' && !(block.startsWith('|') && leavesOut(block)))
    .map(block => {
      if (block.startsWith('```')) return `.PP\n${verbatim(block.split('\n').slice(1, -1))}`
      if (block.startsWith('|')) return table(block)
      if (/^#+ /.test(block)) return `.SS ${plain(block.replace(/^#+ /, ''))}\n`
      if (/^(?:[-*]|\d+\.) /.test(block)) return list(block)
      return `.PP\n${inline(block.replaceAll('\n', ' '))}\n`
    })
    .join('')
}

function list(block) {
  const items = block.split(/\n(?=(?:[-*]|\d+\.) )/).map(item => item.replaceAll(/\s*\n\s*/g, ' '))
  return items
    .map(item => {
      const [, mark, text] = /^([-*]|\d+\.) +(.*)$/s.exec(item)
      return `.IP ${/\d/.test(mark) ? mark : '\\(bu'} 4\n${inline(text)}\n`
    })
    .join('')
}

/** A row becomes a tagged paragraph: the first column is the tag. Later columns have the titles of the header. */
function table(block) {
  const [header, , ...rows] = block.split('\n').map(cells)
  return rows
    .map(([tag, ...others]) => {
      const texts = others.flatMap((text, at) => {
        const title = header[at + 1] ?? ''
        return text === '' ? [] : [at > 0 && title !== '' ? `${title}: ${text}` : text]
      })
      return `.TP\n${inline(tag)}\n${texts.map(inline).join('\n.br\n')}\n`
    })
    .join('')
}

const cells = row =>
  row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim())
