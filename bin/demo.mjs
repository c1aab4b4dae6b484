// `npm start`: from an empty folder to a program that runs with its secrets, in a temporary repository.
// Prints each command as a user would type it, then runs it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from './program.mjs'

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
  writeFileSync(join(home, '.env'), 'DB_HOST=db.example.com\nDB_PASSWORD=hunter2\n')
  step('Your own keys, outside every repository (here without a passphrase)')
  run('git-vault identity new --no-passphrase')
  step('A vault in a git repository')
  run('git-vault init --member alice --yes')
  step('Take over a .env file')
  run('git-vault import .env --to dev/app --yes')
  step('Run a program with the values')
  run('git-vault run dev/app -- node -p process.env.DB_PASSWORD')
  step('Change one value, look at the history, and go back')
  run("printf 'correct horse' | git-vault set dev/app DB_PASSWORD=-")
  run('git-vault history dev/app')
  run('git-vault rollback dev/app --previous')
  step('Scripts for AWS Secrets Manager work, too')
  run('git-vault get-secret-value --secret-id dev/app --query SecretString --output text')
  step('Each write is one commit, encrypted and signed')
  run('git log --oneline')
} finally {
  rmSync(home, { recursive: true, force: true })
}

function step(text) {
  console.log(`\n# ${text}`)
}

/** Runs a command without a shell. Words in single quotes are taken as in a shell, and so is `printf 'TEXT' |`. */
function run(line) {
  console.log(`$ ${line}`)
  const [, input, command = line] = /^printf '([^']*)' \| (.*)$/.exec(line) ?? []
  const words = command.match(/'[^']*'|\S+/g).map(word => word.replace(/^'(.*)'$/, '$1'))
  const [name, ...args] = words
  const [file, before] = name === 'git-vault' ? [process.execPath, [cli]] : [program(name), ['--no-pager']]
  const options = input === undefined ? { stdio: ['ignore', 1, 2] } : { input, stdio: ['pipe', 1, 2] }
  const { status, error } = spawnSync(file, [...before, ...args], { cwd: home, env, ...options })
  if (error || status !== 0) {
    console.error(error?.message ?? `exit status: ${status}`)
    rmSync(home, { recursive: true, force: true })
    process.exit(1)
  }
}
