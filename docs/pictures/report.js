/**
 * Makes the picture of a report in the guide: `node docs/pictures/report.js`, after a build. Makes a vault in a temporary folder,
 * a report of it, and a picture of that in headless Chromium.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PICTURE = fileURLToPath(new URL('report.png', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))
const [WIDTH, HEIGHT] = [920, 1250]

const home = mkdtempSync(join(tmpdir(), 'git-vault-picture-'))
const repository = join(home, 'code')
const page = join(home, 'report.html')

function run(program, args, { input = '', env = {} } = {}) {
  const clean = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...env }
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: repository,
    env: clean,
    input,
    encoding: 'utf8'
  })
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

const vault = (args, options) => run(process.execPath, [PROGRAM, ...args.split(' ')], options)

try {
  mkdirSync(repository)
  run('git', ['init', '-q', '-b', 'main'])
  run('git', ['config', 'user.name', 'Ana'])
  run('git', ['config', 'user.email', 'ana@example.com'])
  vault('identity new --no-passphrase')
  vault('init --yes --member ana --region eu-west-1 --account 123456789012')
  vault('key new prod --names prod/** --yes')
  vault('key new ops --names ops/** --yes')
  const RIGHTS = {
    bob: '--key default --key prod --allow decrypt,write',
    carol: '--key default --key ops --allow decrypt,write --admin',
    ci: '--key prod --allow decrypt',
    zed: '--key default --allow decrypt,write'
  }
  for (const [name, rights] of Object.entries(RIGHTS)) {
    const env = { GIT_VAULT_IDENTITY_FILE: join(home, `${name}.yaml`) }
    vault('identity new --no-passphrase', { env })
    vault(`member add ${name} ${vault('member request', { env })} ${rights} --yes`)
  }
  for (const name of ['dev/app', 'dev/db', 'prod/db', 'prod/api/mail', 'prod/api/stripe', 'ops/root'])
    vault(`put ${name} - --create`, { input: 'battery staple' })
  vault('function add mail --command true')
  vault(
    'rotate-secret --secret-id prod/api/mail --rotation-lambda-arn mail --rotation-rules AutomaticallyAfterDays=30 --no-rotate-immediately'
  )
  vault('member remove zed --yes')
  vault('exposure waive dev/app --until 2099-01-31 --reason the-machine-goes')
  vault(`report --html ${page}`)
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  run(process.env.CHROMIUM ?? 'chromium', [
    ...['--headless=new', '--disable-gpu', '--hide-scrollbars', `--user-data-dir=${join(home, 'browser')}`],
    ...root,
    `--window-size=${WIDTH},${HEIGHT}`,
    `--screenshot=${PICTURE}`,
    `file://${page}`
  ])
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
