/**
 * Draws what `npm start` prints as a terminal: `node docs/pictures/record.js`, after a build. With --check it compares instead,
 * and fails if the picture shows other commands or another answer. Ids, dates and fingerprints differ in each run.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PICTURE = new URL('first-minute.svg', import.meta.url)
/** Longer lines end in an ellipsis, so that the text is readable at the width of a page. */
const COLUMNS = 88
/** Lines of one command that are shown. */
const MOST_LINES = 4
const [LINE, CHARACTER, MARGIN, BAR] = [19, 8.43, 20, 36]

const isCheck = process.argv.includes('--check')
const demo = fileURLToPath(new URL('../../bin/demo.mjs', import.meta.url))
const { stdout, stderr, status } = spawnSync(process.execPath, [demo], { encoding: 'utf8' })
if (status !== 0) throw new Error(`the demonstration failed: ${stderr}`)
// the demonstration's own home folder
const lines = shown(
  stdout
    .replace(/\S*git-vault-demo-\w+/g, '~')
    .trim()
    .split('\n')
)
if (!isCheck) writeFileSync(PICTURE, draw(lines))
else if (masked(textOf(readFileSync(PICTURE, 'utf8'))) !== masked(lines.join('\n'))) {
  console.error('docs/pictures/first-minute.svg is out of date: run node docs/pictures/record.js')
  process.exitCode = 1
}

/** Leaves out what nobody needs to see of long answers. */
function shown(all) {
  let answer = 0
  return all.flatMap(line => {
    const isAnswer = line !== '' && !/^[#$] /.test(line)
    answer = isAnswer ? answer + 1 : 0
    if (answer > MOST_LINES) return []
    return [line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line]
  })
}

function masked(text) {
  return text
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, 'ID')
    .replace(/\b[0-9a-f]{7,12}\b/g, 'COMMIT')
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}/g, 'DATE')
    .replace(/^(file|public key|root|fingerprint) .*$/gm, '$1')
    .replace(/ID.*…$/gm, 'ID…')
}

function draw(rows) {
  const width = Math.round(2 * MARGIN + COLUMNS * CHARACTER)
  const height = BAR + rows.length * LINE + MARGIN
  const texts = rows.map((row, index) => {
    const y = BAR + (index + 1) * LINE
    const kind = row.startsWith('# ') ? ' class="note"' : row.startsWith('$ ') ? ' class="typed"' : ''
    return `  <text x="${MARGIN}" y="${y}"${kind}>${escaped(row)}</text>\n`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
  <title id="title">A terminal: a .env file becomes an encrypted secret, a program runs with it, and a change is undone</title>
  <style>
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d0d7de; white-space: pre }
    .typed { fill: #ffffff; font-weight: bold }
    .note { fill: #7ee787 }
  </style>
  <rect width="${width}" height="${height}" rx="10" fill="#161b22"/>
  <circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
${texts.join('')}</svg>
`
}

function escaped(text) {
  return text.replace(/[&<>]/g, character => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character])
}

function textOf(picture) {
  return [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)]
    .map(([, text]) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'))
    .join('\n')
}
