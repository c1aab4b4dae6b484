import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { programHelp } from '../src/cli/help.js'
import { gitVerbs, verbs } from '../src/cli/verbs.js'
import { kebab } from '../src/cli/aws/names.js'
import { implemented } from '../src/operations/implemented.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    name => `${folder}/${name.split(sep).join('/')}`
  )
const texts = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  ...['docs', 'vault-schema'].flatMap(folder => under(folder).filter(name => name.endsWith('.md')))
]
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(match => match[1]!)
const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort()

/** Returns the fragment that links to a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/\s/g, '-')

const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')

it('docs/errors.md lists every error code and no others', () => {
  const codes = all(read('src/core/errors.ts'), /^ {2}\| '(\w+)'$/gm)
  expect(codes.length).toBeGreaterThan(20)
  expect(sorted(all(read('docs/errors.md'), /^\| `(\w+)`/gm))).toEqual(sorted(codes))
})

it('docs/errors.md lists every exit code', () => {
  const codes = all(read('src/cli/terminal/exit.ts'), /^ {2}\w+: (\d+)/gm)
  expect(sorted(all(read('docs/errors.md'), /^\| (\d+) /gm))).toEqual(sorted(codes))
})

it('docs/commands.md has a section for each command', () => {
  const commands = sorted([...Object.keys({ ...verbs, ...gitVerbs }), ...implemented.map(kebab)])
  const sections = sorted(all(read('docs/commands.md'), /^### (.+)$/gm))
  expect(sections).toEqual(commands)
})

it('the help lists every command', () => {
  const words = new Set(programHelp.split(/\s+/))
  const missing = [...Object.keys(verbs), ...implemented.map(kebab)].filter(command => !words.has(command))
  expect(missing).toEqual([])
})

it('docs/commands.md describes every option of git-vault’s own commands', async () => {
  const text = read('docs/commands.md')
  for (const [name, load] of Object.entries({ ...verbs, ...gitVerbs })) {
    const section = new RegExp(`^### ${name}$(.*?)^##`, 'ms').exec(text)?.[1] ?? ''
    const options = Object.keys((await load()).options).map(option => `--${option}`)
    expect(
      options.filter(option => !section.includes(option)),
      name
    ).toEqual([])
  }
})

it('docs/commands.md describes every environment variable that the program reads or passes on', () => {
  const sources = under('src').filter(path => path.endsWith('.ts') && !path.includes('generated'))
  const used = sources.flatMap(path => {
    const code = read(path)
    return [
      ...all(code, /\benv(?:ironment)?(?:\?\.)?\[['"]([A-Z][A-Z0-9_]*)['"]\]/g),
      ...all(code, /\benv\.([A-Z][A-Z0-9_]+)\b/g),
      ...all(code, /['"]((?:GIT|XDG|AWS)_[A-Z0-9_]+)['"]/g)
    ]
  })
  expect(used).toContain('NO_COLOR')
  expect(used).toContain('GIT_VAULT_IDENTITY')
  const documented = new Set(all(read('docs/commands.md'), /`([A-Z][A-Z0-9_]*)`/g))
  expect(sorted(used).filter(name => !documented.has(name))).toEqual([])
})

it.each(texts)('%s has no broken link', path => {
  const links = all(withoutCode(read(path)), /\]\(([^)\s]+)\)/g).filter(link => !/^[a-z]+:/.test(link))
  const broken = links.filter(link => {
    const [file = '', fragment] = link.split('#')
    const target = file === '' ? join(root, path) : resolve(root, dirname(path), file)
    if (!existsSync(target)) return true
    if (fragment === undefined) return false
    return !all(readFileSync(target, 'utf8'), /^#+ (.+)$/gm)
      .map(anchor)
      .includes(fragment)
  })
  expect(broken).toEqual([])
})

it('the picture in the README shows what npm start prints', async () => {
  const check = promisify(execFile)(process.execPath, [join(root, 'docs/pictures/record.js'), '--check'])
  await expect(check).resolves.toMatchObject({ stderr: '' })
})

it('the changelog names every missing operation and no others', () => {
  const operations = all(read('src/core/generated/operations.ts'), /^ {2}\| '(\w+)'$/gm)
  const missing = operations.filter(name => !(implemented as readonly string[]).includes(name))
  const paragraph = /^- The other operations: (.*?)\.$/ms.exec(read('CHANGELOG.md'))?.[1] ?? ''
  expect(sorted(paragraph.split(/,\s+/).filter(name => name !== ''))).toEqual(sorted(missing))
})
