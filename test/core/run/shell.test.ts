import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { removeFolder } from '../../removeFolder.js'
import { activationCode, enterCode, exportCode, quoteWord, type Shell } from '../../../src/core/run/shell.js'

const folder = mkdtempSync(join(tmpdir(), 'git-vault-shell-'))
afterAll(() => removeFolder(folder))
const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0
const shells = (['sh', 'bash', 'dash', 'zsh', 'fish'] as const).filter(isInstalled)

function run(shell: Shell, code: string, env: Record<string, string> = {}): Buffer {
  const file = join(folder, 'code')
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(shell, [file], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env }
  })
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', '#', '*', '~', ' ', '\r', '%', 'é', '😀')
  })
)
const value = text.filter(each => !/[\0\p{Surrogate}]/u.test(each))

describe.each(shells)('%s', shell => {
  it('reads back each value', () => {
    const [texts] = fc.sample(fc.array(value, { minLength: 300, maxLength: 300 }), { numRuns: 1, seed: 7 })
    const variables = new Map(texts!.map((each, at) => [`VAR_${at}`, each]))
    const print = `exec '${process.execPath}' -e 'console.log(JSON.stringify(process.env))'\n`
    const env = JSON.parse(String(run(shell, exportCode(variables, shell) + print))) as Record<string, string>
    for (const [name, each] of variables) expect(env[name], JSON.stringify(each)).toBe(each)
  })

  it('expands nothing in a word', () => {
    fc.assert(
      fc.property(value, each => {
        expect(String(run(shell, `printf '%s' ${quoteWord(each, shell)}`))).toBe(each)
      }),
      { numRuns: 20 }
    )
  })

  it('gives variables their earlier values when it leaves', () => {
    const variables = new Map([
      ['OLD', 'new'],
      ['NEW', 'new'],
      ['EMPTY', '']
    ])
    const show = `echo "[$OLD] [$NEW] [$EMPTY] [$__GIT_VAULT_SET]"\n`
    const code = `${enterCode(variables, shell)}\n${show}__git_vault_leave\n${show}`
    const left = `${code}env | sort | grep -E '^(OLD|NEW|EMPTY)=|^__GIT'\n`
    expect(String(run(shell, left, { OLD: 'old\n"$x"', EMPTY: 'no' }))).toBe(
      '[new] [new] [] [OLD NEW EMPTY]\n[old\n"$x"] [] [no] []\nEMPTY=no\nOLD=old\n'
    )
  })
})

it('the tests had bash and another POSIX shell', () => {
  expect(shells).toEqual(expect.arrayContaining(['sh', 'bash']))
})

// whether fish and zsh are installed or not: the tests above run the code of those that are
describe('the code for shells that may be missing', () => {
  it('of fish gives a variable its earlier value, and quotes as fish does', () => {
    const code = enterCode(new Map([['A', "it's \\"]]), 'fish')
    expect(code).toContain("set -gx A 'it\\'s \\\\'")
    expect(code).toContain('set -q A; and set -g __git_vault_old_A $A')
    expect(code).toContain('set -gx __GIT_VAULT_SET')
  })

  it('names the shell whose code git-vault env is to print', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const code = activationCode(shell)
      expect(code).toContain(`--shell ${shell}`)
      expect(code).not.toContain('SHELL=')
    }
  })
})
