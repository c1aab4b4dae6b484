import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { gitVerbs, verbs } from '../src/cli/verbs.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'man')
const pages = readdirSync(folder).sort()
const read = (page: string): string => readFileSync(join(folder, page), 'utf8')
const names = Object.keys({ ...verbs, ...gitVerbs })

it('there is a manual page for the program and each verb, and npm installs them', () => {
  expect(pages).toEqual(['git-vault.1', ...names.map(name => `git-vault-${name}.1`)].sort())
  const { man, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string[]
  >
  expect(man).toEqual(pages.map(page => `man/${page}`))
  expect(files).toContain('man')
})

it('each page has the options of its verb', async () => {
  for (const [name, load] of Object.entries({ ...verbs, ...gitVerbs })) {
    const text = read(`git-vault-${name}.1`).replaceAll('\\-', '-')
    for (const option of Object.keys((await load()).options)) expect(text, name).toContain(`--${option}`)
  }
})

it('the pages are ASCII, and every line that starts with a dot is a request', () => {
  const requests = /^\.(?:\\"|TH|SH|SS|PP|TP|IP|RS|RE|nf|fi|br)(?: |$)/
  for (const page of pages) {
    expect(read(page), page).toMatch(/^[\n\t -~]*$/)
    const lines = read(page).split('\n')
    expect(
      lines.filter(line => /^[.']/.test(line) && !requests.test(line)),
      page
    ).toEqual([])
    expect(
      lines.filter(line => line.startsWith('.SH')).map(line => line.slice(4)),
      page
    ).toEqual(expect.arrayContaining(['NAME', 'SYNOPSIS', 'DESCRIPTION', 'SEE ALSO']))
  }
})

it.each(['git-vault.1', 'git-vault-member.1', 'git-vault-run.1'])('%s is as its help says', page => {
  const text = read(page).replaceAll('\\-', '-')
  expect(text).toMatch(/^\.TH GIT-VAULT/m)
  expect(text).not.toMatch(/undefined|\]\(|^\| /m)
})

/** The formatters of manual pages that there are: mandoc on BSD and macOS, groff elsewhere. */
const formatters = [
  ['mandoc', '-Tlint', '-Wwarning'],
  ['groff', '-man', '-Tutf8', '-ww', '-z']
].filter(([program]) => spawnSync(program!, ['-v']).error === undefined)

it.each(formatters)('%s formats every page without a warning', (program, ...options) => {
  for (const page of pages) {
    const { stdout, stderr } = spawnSync(program, [...options, join(folder, page)], { encoding: 'utf8' })
    expect(`${stdout}${stderr}`.replace(/^.*missing date.*\n/gm, ''), page).toBe('')
  }
})
