import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/aws/command.js'
import { gitVerbs, verbs } from '../../../src/cli/verbs.js'
import { inTerminal, type Step } from './inTerminal.js'
import { Machines, PASSPHRASE } from './people.js'
import { draw } from './screen.js'

/*
 * A merge has stopped at a version with two values, which only a person can settle. Now every command is tried, in a
 * terminal: each works, or refuses in one line with one thing to do. None loses anything, and the other secrets stay as
 * they are.
 */

const TOKEN = 'deploy-42-0000-0000-0000-000000000000'
const RESOLVE = /prod\/db\/stages\.yaml: it contains merge conflict markers\n.*hint: git-vault resolve\n$/
const SKIPPED = /1 secret was left out, because verification failed\n.*hint: git-vault resolve prod\/db\n$/
const IN_PROGRESS =
  /a merge is in progress in this work tree\n.*hint: finish it, or abort it with: git merge --abort\n$/

interface Try {
  /** The words after the command's name. */
  readonly words: string
  readonly steps: readonly Step[]
  /** The end of the screen. */
  readonly says: RegExp
  readonly works: boolean
}

const works = (words = '', says = /^/): Try => ({ words, steps: [], says, works: true })
const refuses = (words: string, says: RegExp, ...steps: Step[]): Try => ({
  ...{ words, says, steps, works: false }
})
const typing = (wait: string, text: string): Step => ({ wait, type: `${text}\r` })

const DB = '--secret-id prod/db'
const OTHER = '--secret-id other'
const STATEMENT = { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*', Resource: '*' }
const POLICY = `--resource-policy '${JSON.stringify({ Version: '2012-10-17', Statement: [STATEMENT] })}'`
/** A read of both secrets, and a write of the other one: it must not commit half of the merge. */
const reading = [refuses(DB, RESOLVE), works(OTHER)]
const writing = (more = ''): Try[] => [refuses(`${OTHER} ${more}`, IN_PROGRESS)]

const TRIES: Readonly<Record<string, readonly Try[]>> = {
  init: [refuses('--yes --member bob', /already has a vault: .vaultrc exists\n$/)],
  clone: [works('../hub.git ../third --root "$(git-vault trust | grep -o "[A-Za-z0-9_-]\\{43\\}")"')],
  // export asks although the identity is unlocked: it prints private keys
  function: [works('list')],
  due: [refuses('', SKIPPED)],
  rotate: [refuses('prod/db', RESOLVE)],
  rotation: [refuses('status prod/db', RESOLVE)],
  identity: [
    works('show'),
    refuses('new', /already exists/),
    { ...works('export --for-ci', /\S/), steps: [typing('Passphrase of your identity', PASSPHRASE)] }
  ],
  unlock: [works('--status', /unlocked until/)],
  trust: [works('', /already trusts/), refuses('prod/db', RESOLVE)],
  member: [
    works('list', /bob {2}admin/),
    works('request', /gvpub1_/),
    works('show ana'),
    refuses('grant ana --key default --allow decrypt', IN_PROGRESS),
    refuses('remove ana --yes', IN_PROGRESS),
    refuses('admin ana --no --yes', IN_PROGRESS),
    refuses('request --commit zoe', IN_PROGRESS)
  ],
  key: [works('list'), works('show default'), refuses('new web --names "web/**" --yes', IN_PROGRESS)],
  sync: [refuses('', IN_PROGRESS), refuses('--dry-run', IN_PROGRESS)],
  recovery: [
    refuses('show', /no recovery identity/),
    refuses('new --shares 3 --threshold 2 --yes --print </dev/null', IN_PROGRESS)
  ],
  doctor: [
    works(
      '',
      /edits: in conflict: 2 files, such as vault\/secrets\/prod\/db\/stages.yaml\n +git-vault resolve\n/
    ),
    works('--fix', /nothing that doctor --fix can fix/),
    refuses('--fail', /doctor found/)
  ],
  exposure: [refuses('', SKIPPED), refuses('--rotate --yes', SKIPPED)],
  report: [works('--json', /"left": \[\n/), works('--html ../report.html', /wrote/)],
  put: [
    refuses('prod/db -', RESOLVE),
    refuses('prod/db .vaultrc', IN_PROGRESS),
    refuses('other .vaultrc', IN_PROGRESS),
    refuses('new .vaultrc --create', IN_PROGRESS)
  ],
  get: [
    refuses('prod/db', RESOLVE),
    refuses('prod/db --previous', RESOLVE),
    works(`prod/db --version ${TOKEN}`, /^by bob\n$/),
    works('other', /^one of other\n$/)
  ],
  copy: [
    refuses('prod/db --terminal', RESOLVE),
    // the terminal is sent the value in base64
    works('other --terminal', /copied other to the clipboard; it is not cleared\n$/)
  ],
  set: [refuses('prod/db a=- <.vaultrc', RESOLVE), refuses('other a=- <.vaultrc', /is not JSON\n$/)],
  edit: [
    refuses('prod/db', RESOLVE),
    // the text would be lost
    refuses('other', /a merge is in progress in this work tree\n/, typing('Try to store it again?', 'n'))
  ],
  run: [
    refuses('--env A=prod/db -- true', RESOLVE),
    works('--env A=other -- printenv A', /^one of other\n$/)
  ],
  import: [refuses('.vaultrc --format yaml --to imported --yes', IN_PROGRESS)],
  export: [
    refuses('prod/db --format json --force', RESOLVE),
    works('--prefix oth --format json --force', /one of other/)
  ],
  template: [works('.gitattributes --force', /git-vault/)],
  completion: [works('bash', /complete/)],
  env: [refuses('--env A=prod/db', RESOLVE), works('--env A=other', /A='one of other'/)],
  activate: [works('bash', /git-vault/)],
  browse: [
    {
      words: '',
      steps: [{ wait: 'failed verification', type: '\u001b' }],
      says: /^/,
      works: true
    }
  ],
  ls: [refuses('', SKIPPED), refuses('--long', SKIPPED)],
  history: [refuses('prod/db', RESOLVE), works('other', /AWSCURRENT/)],
  rollback: [
    refuses('prod/db', RESOLVE),
    refuses('prod/db --previous', IN_PROGRESS),
    refuses(`other ${TOKEN}`, IN_PROGRESS)
  ],
  show: [refuses('prod/db', RESOLVE), works('other', /AWSCURRENT/)],
  find: [refuses('db', SKIPPED), refuses('other', SKIPPED)],
  generate: [works(), refuses('prod/db', IN_PROGRESS), refuses('other', IN_PROGRESS)],
  tag: [
    refuses('prod/db', RESOLVE),
    works('other'),
    refuses('prod/db a=b', IN_PROGRESS),
    refuses('other a=b', IN_PROGRESS)
  ],
  label: [refuses(`prod/db MINE ${TOKEN}`, RESOLVE), refuses('other AWSPREVIOUS 0', /^/)],
  cp: [
    refuses('prod/db new', RESOLVE),
    refuses('other prod/db', RESOLVE),
    refuses('other new', IN_PROGRESS),
    refuses('prod/ new/', /1 secret in prod\/ failed verification\n.*hint: git-vault verify\n$/)
  ],
  mv: [refuses('prod/db new', RESOLVE), refuses('other new', IN_PROGRESS)],
  rm: [
    refuses('prod/db', RESOLVE),
    refuses('other', IN_PROGRESS),
    refuses('other --force --yes', IN_PROGRESS)
  ],
  restore: [refuses('prod/db', IN_PROGRESS), refuses('other', IN_PROGRESS)],
  log: [works('', /PutSecretValue {2}prod\/db/), works('prod/db --json')],
  diff: [works(), works('HEAD..MERGE_HEAD --show-values', /by ana/)],
  hook: [
    works('install', /wrote/),
    refuses('run', /in conflict; git-vault resolve\n/),
    works('uninstall', /removed/)
  ],
  verify: [
    refuses('', /the vault has 1 problem\n.*hint: git-vault resolve\n$/),
    works('HEAD', /0 problems/),
    works('--range begin..HEAD', /0 problems/)
  ],
  resolve: [
    refuses('other', /1 conflict is left\n.*hint: git-vault resolve\n$/),
    refuses(
      '',
      /hint: pass --take ours or --take theirs\n.*1 conflict is left\n/,
      typing('ours or theirs?', 'neither')
    )
  ],
  gc: [works('', /nothing to remove/)],
  'repair-dates': [refuses('prod/db', RESOLVE), works('other')],
  serve: [works('--port 0 --idle-timeout 1', /git-vault serves at/)],
  profile: [works('list')],
  credential: [works('list')],
  lock: [works('', /^locked\n$/)],
  // what git runs
  textconv: [works('vault/secrets/prod/db/stages.yaml', /^damaged: it contains merge conflict markers/)],
  'merge-driver': [refuses('', /git runs it/)],
  // the commands of the AWS CLI
  'batch-get-secret-value': [refuses('--secret-id-list prod/db other', SKIPPED)],
  'cancel-rotate-secret': writing(),
  'create-secret': [refuses('--name new --secret-string x', IN_PROGRESS)],
  'delete-resource-policy': writing(),
  'delete-secret': [...writing(), ...writing('--force-delete-without-recovery')],
  'describe-secret': reading,
  'get-random-password': [works()],
  'get-resource-policy': reading,
  'get-secret-value': [...reading, works(`${DB} --version-id ${TOKEN}`, /by bob/)],
  'list-secret-version-ids': reading,
  'list-secrets': [refuses('', SKIPPED)],
  'put-resource-policy': writing(POLICY),
  'put-secret-value': [refuses(`${DB} --secret-string x`, IN_PROGRESS), ...writing('--secret-string x')],
  'remove-regions-from-replication': writing('--remove-replica-regions eu-west-3'),
  'replicate-secret-to-regions': writing('--add-replica-regions Region=eu-west-3'),
  'restore-secret': writing(),
  'rotate-secret': writing('--rotation-lambda-arn arn:aws:lambda:eu-west-1:123456789012:function:f'),
  'stop-replication-to-replica': writing(),
  'tag-resource': writing('--tags Key=a,Value=b'),
  'untag-resource': writing('--tag-keys a'),
  'update-secret': writing('--description x'),
  'update-secret-version-stage': writing(`--version-stage MINE --move-to-version-id ${TOKEN}`),
  'validate-resource-policy': [works(POLICY)]
}

describe('while a merge is stopped at a conflict', () => {
  let machines: Machines
  let before: string
  const state = (): string =>
    machines.run(
      'bob',
      'git rev-parse HEAD MERGE_HEAD && git status --porcelain && git ls-files --stage && git hash-object $(git ls-files | uniq)'
    )

  beforeAll(async () => {
    machines = await Machines.make()
    machines.run('ana', 'git-vault member admin bob --yes && git push -q')
    machines.run('bob', 'git pull -q')
    const put = (value: string) =>
      `git-vault put-secret-value ${DB} --client-request-token ${TOKEN} --secret-string '${value}'`
    machines.run('ana', `${put('by ana')} && git push -q`)
    machines.run('bob', `${put('by bob')} && git-vault unlock --ttl 1h`)
    const { stderr } = machines.try('bob', 'git pull -q --no-rebase --no-edit')
    expect(stderr).toContain('has another value on each side; to end this conflict: git-vault resolve')
    before = state()
  }, 300_000)
  afterAll(() => machines.remove())

  it('every command is tried', () => {
    const all = [...Object.keys(verbs), ...Object.keys(gitVerbs), ...commands(), 'merge-driver']
    expect(Object.keys(TRIES).sort()).toEqual(all.sort())
  })

  // lock is the last of the verbs: the others need no passphrase
  const order = Object.entries(TRIES).sort(([a], [b]) => Number(a === 'lock') - Number(b === 'lock'))
  it.each(order)(
    '%s',
    (command, tries) => {
      for (const { words, says, steps, works: isFine } of tries) {
        const done = inTerminal({
          argv: ['sh', '-c', `git-vault ${command} ${words}`],
          cwd: join(machines.base, 'bob'),
          env: { ...machines.env('bob'), EDITOR: `sh -c 'echo x >>"$1"' sh` },
          steps
        })
        const { text } = draw(done.shown)
        expect({ words, text, fine: done.code === 0 }).toEqual({ words, text, fine: isFine })
        expect(text, `${command} ${words}`).toMatch(says)
        expect(text, `${command} ${words}`).not.toMatch(/internal error|InternalServiceError|\n {4}at /)
        if (!isFine) expect(text.split('hint:').length, text).toBeLessThanOrEqual(2)
      }
      expect(state()).toBe(before)
    },
    120_000
  )

  it('then resolve ends it, and both clones are well', () => {
    machines.run('bob', 'git-vault resolve --take theirs && git commit -q --no-edit && git push -q')
    machines.run('ana', 'git pull -q')
    for (const person of ['ana', 'bob'] as const) {
      expect(machines.run(person, 'git-vault get prod/db; git-vault get other')).toBe('by anaone of other')
      expect(machines.run(person, 'git-vault verify')).toContain('; 0 problems')
      expect(machines.run(person, 'git-vault verify --range begin..HEAD')).toMatch(
        /; 0 problems(, 1 mended)?\n$/
      )
    }
  }, 120_000)
})
