import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../vault/fixture.js'
import { RunSandbox, VALUE } from './runKit.js'

const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0
const shells = ['bash', 'zsh', 'fish'].filter(isInstalled)

let box: RunSandbox
let outside: string
beforeAll(() => {
  box = new RunSandbox()
  outside = scratch('outside')
  fs.mkdirSync(join(box.repository, 'a/b'), { recursive: true })
  fs.appendFileSync(join(box.repository, '.vaultrc'), 'run:\n  - dev/app\n')
}, 120_000)

/** Runs commands in a shell with the hook, which bash and zsh run before each prompt. */
function shellRun(shell: string, lines: readonly string[], env: Record<string, string> = {}) {
  const activate =
    shell === 'fish' ? 'git-vault activate fish | source' : `eval "$(git-vault activate ${shell})"`
  const prompt = shell === 'fish' ? '' : '__git_vault_hook; '
  const file = join(scratch('code'), 'code')
  fs.writeFileSync(file, [activate, ...lines.map(line => `${prompt}${line}`)].join('\n') + '\n')
  const { stdout, stderr, status } = spawnSync(shell, [file], {
    cwd: outside,
    env: { ...box.env, ...env },
    encoding: 'utf8'
  })
  return { stdout, stderr, status }
}

const show = 'echo "[$DB_USER] [$DB_PASS] [$PORT]"'

describe.each(shells)('%s', shell => {
  it('sets variables in a folder of the vault, and gives their earlier values back outside', () => {
    const lines = [show, `cd ${box.repository}`, show, 'cd a/b', show, `cd ${outside}`, show]
    expect(shellRun(shell, lines, { PORT: 'mine' })).toEqual({
      stdout: `[] [] [mine]\n[ana] [${VALUE}] [5432]\n[ana] [${VALUE}] [5432]\n[] [] [mine]\n`,
      stderr: 'git-vault: set DB_USER, DB_PASS, PORT\n',
      status: 0
    })
  })

  it('takes them back also in a shell that was started inside', () => {
    const inner = join(scratch('inner'), 'code')
    const [activate, prompt] =
      shell === 'fish'
        ? ['git-vault activate fish | source', '']
        : [`eval "$(git-vault activate ${shell})"`, '__git_vault_hook;']
    fs.writeFileSync(
      inner,
      [activate, `${prompt} ${show}`, `cd ${outside}`, `${prompt} ${show}`].join('\n') + '\n'
    )
    const { stdout } = shellRun(shell, [`cd ${box.repository}`, `${shell} ${inner}`])
    expect(stdout).toBe(`[ana] [${VALUE}] [5432]\n[] [] []\n`)
  })

  it('says why it sets nothing, asks for nothing, and keeps the exit code of the last command', () => {
    const env = { GIT_VAULT_IDENTITY_FILE: join(box.home, 'none.yaml') }
    const { stdout, stderr } = shellRun(shell, [`cd ${box.repository}`, show], env)
    expect(stdout).toBe('[] [] []\n')
    expect(stderr).toMatch(/^git-vault: .*identity/)
    if (shell !== 'fish') expect(shellRun(shell, ['false', 'echo $?']).stdout).toBe('1\n')
  })

  it('starts no git-vault where .vaultrc lists no secrets', () => {
    const folder = scratch('other')
    fs.writeFileSync(join(folder, '.vaultrc'), 'vault: vault\n')
    expect(shellRun(shell, [`cd ${folder}`, show])).toEqual({ stdout: '[] [] []\n', stderr: '', status: 0 })
  })
})

it('there is code for three shells', () => {
  expect(shells).toContain('bash')
  const { code, stderr } = box.run(['activate', 'tcsh'])
  expect({ code, stderr }).toMatchObject({ code: 252 })
  expect(stderr).toContain("activate has no code for 'tcsh'")
  for (const shell of ['bash', 'zsh', 'fish']) expect(box.run(['activate', shell]).code).toBe(0)
})

it('bash keeps its own PROMPT_COMMAND, and the hook is in it once', () => {
  const { stdout } = spawnSync(
    'bash',
    [
      '-c',
      'PROMPT_COMMAND="echo mine"; for n in 1 2; do eval "$(git-vault activate bash)"; done; echo "$PROMPT_COMMAND"'
    ],
    { env: box.env, encoding: 'utf8' }
  )
  expect(stdout).toBe('__git_vault_hook;echo mine\n')
})
