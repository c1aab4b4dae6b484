// `npm start`: from an empty folder to a secret with two versions, in a temporary repository.
// Prints each command as a user would type it, then runs it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = mkdtempSync(join(tmpdir(), 'git-vault-demo-'))
const cli = fileURLToPath(new URL('git-vault.js', import.meta.url))
const env = {
  ...process.env,
  HOME: home,
  USERPROFILE: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: join(home, '.gitconfig')
}
for (const name of Object.keys(env))
  if (/^GIT_VAULT_|^GIT_(DIR|WORK_TREE|INDEX_FILE)$/.test(name)) delete env[name]

try {
  step('Create your identity, outside any repository (here without a passphrase)')
  run('git-vault identity new --no-passphrase')
  step('Create a vault in a new repository: one commit')
  run('git-vault init --member alice --yes')
  step('Create a secret, then store a second value: each is one commit; each version is one file')
  run("git-vault create-secret --name prod/db --secret-string 'correct horse'")
  run("git-vault put-secret-value --secret-id prod/db --secret-string 'battery staple'")
  step('Read the value, as a script would')
  run('git-vault get-secret-value --secret-id prod/db --query SecretString --output text')
  step('See the versions and their labels, and read the previous value')
  run('git-vault history prod/db')
  run(
    'git-vault get-secret-value --secret-id prod/db --version-stage AWSPREVIOUS --query SecretString --output text'
  )
  step('See the commit')
  run('git log -1 --stat')
} finally {
  rmSync(home, { recursive: true, force: true })
}

function step(text) {
  console.log(`\n# ${text}`)
}

/** Runs a command without a shell. Words in single quotes are taken as in a shell. */
function run(command) {
  console.log(`$ ${command}`)
  const words = command.match(/'[^']*'|\S+/g).map(word => word.replace(/^'(.*)'$/, '$1'))
  const [program, ...args] = words
  const [file, before] = program === 'git-vault' ? [process.execPath, [cli]] : [program, ['--no-pager']]
  const { status, error } = spawnSync(file, [...before, ...args], { cwd: home, env, stdio: ['ignore', 1, 2] })
  if (error || status !== 0) {
    console.error(error?.message ?? `exit status: ${status}`)
    rmSync(home, { recursive: true, force: true })
    process.exit(1)
  }
}
