import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fastFolder } from '../fastFolder.js'
import { SCRIPT } from '../program.js'
import { removeFolder } from '../removeFolder.js'
import { fillPlaceholders } from './story.js'

/*
 * A story is a text file of commands. sh runs them one after another in one empty folder, with the built program. A line
 * that starts with `$ ` is a command. The lines after it are its expected output: stdout, stderr after `! `, and the exit
 * code after `? ` (default 0). `#` starts a comment. story.ts has the placeholders of the expected output; $one is also a
 * variable of the commands.
 */
const folder = fileURLToPath(new URL('stories', import.meta.url))

/** All, or those that a variable names without `.txt`, between commas. */
const chosen = process.env['GIT_VAULT_TEST_STORIES']?.split(',').map(name => `${name}.txt`)
const names = chosen ?? readdirSync(folder).filter(name => name.endsWith('.txt'))

interface Step {
  line: number
  command: string
  stdout: string
  stderr: string
  code: number
}

function steps(text: string): Step[] {
  const found: Step[] = []
  text.split('\n').forEach((line, at) => {
    const last = found.at(-1)
    if (line.startsWith('$ ')) {
      found.push({ line: at + 1, command: line.slice(2), stdout: '', stderr: '', code: 0 })
    } else if (last === undefined || line.startsWith('#') || line === '') {
      // between two steps
    } else if (line.startsWith('! ') || line === '!') last.stderr += `${line.slice(2)}\n`
    else if (line.startsWith('? ')) last.code = Number(line.slice(2))
    else last.stdout += `${line === '\\' ? '' : line}\n`
  })
  return found
}

describe('the story of', () => {
  it.each(names)('%s', name => {
    const base = fastFolder('git-vault-story-')
    onTestFinished(() => removeFolder(base))
    for (const part of ['home', 'bin', 'work']) mkdirSync(join(base, part))
    writeFileSync(join(base, 'bin/git-vault'), SCRIPT, { mode: 0o755 })
    writeFileSync(join(base, 'home/gitconfig'), '[user]\n\tname = Ana García\n\temail = ana@example.com\n')

    const names = new Map<string, string>()
    for (const step of steps(readFileSync(join(folder, name), 'utf8'))) {
      const { stdout, stderr, status } = spawnSync('sh', ['-c', step.command], {
        cwd: join(base, 'work'),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH']}`,
          HOME: join(base, 'home'),
          GIT_CONFIG_GLOBAL: join(base, 'home/gitconfig'),
          GIT_CONFIG_NOSYSTEM: '1',
          LC_ALL: 'C.UTF-8',
          TZ: 'UTC',
          ...Object.fromEntries(names)
        }
      })
      const actual = { stdout, stderr, code: status }
      const expected = {
        stdout: fillPlaceholders(step.stdout, stdout, names),
        stderr: fillPlaceholders(step.stderr, stderr, names),
        code: step.code
      }
      expect(actual, `${name}:${step.line}: ${step.command}`).toEqual(expected)
    }
  })
})
