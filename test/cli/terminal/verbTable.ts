import { ENTER, PASSPHRASE, type Step } from '../drive.js'
import type { PlaceName } from './verbPlaces.js'

/** A command, after `git-vault `, as a line for the shell. */
interface Line {
  readonly words: string
  readonly in: PlaceName
}

interface Normal extends Line {
  readonly says: RegExp
}

interface Bare extends Line {
  readonly code: number
  /** The last line before the hint; for code 0, any text. */
  readonly says: RegExp
}

/** A question at which Ctrl-C is typed. */
export interface Prompt extends Line {
  readonly before: readonly Step[]
  readonly at: string
  /** A new folder that a cancelled command leaves. */
  readonly leaves?: string
}

export interface Entry {
  /** Works at a terminal, and asks nothing. */
  readonly normal: Normal
  /** With a closed standard input and without a terminal, does not wait: words that would ask at a terminal, if any do. */
  readonly bare: Bare
  readonly prompts: readonly Prompt[]
}

const normal = (words: string, says = /^/, place: PlaceName = 'code'): Normal => ({ words, says, in: place })
const bare = (words: string, code: number, says = /^/, place: PlaceName = 'code'): Bare => ({
  ...{ words, code, says, in: place }
})
/** @param before the questions that are answered first, in turns with the answers */
const prompt = (
  words: string,
  at: string,
  before: readonly string[] = [],
  place: PlaceName = 'code'
): Prompt => ({
  ...{ words, at, in: place },
  before: Array.from({ length: before.length / 2 }, (_, index) => ({
    wait: before[2 * index]!,
    type: before[2 * index + 1]! + ENTER
  }))
})
const reads = (words: string, says?: RegExp): Entry => ({
  normal: normal(words, says),
  bare: bare(words, 0, says),
  prompts: []
})

const NO_TERMINAL = /: no terminal$/m
const LOCKED = 'GIT_VAULT_IDENTITY_FILE=../locked.yaml'
const NOBODY = 'XDG_CONFIG_HOME=$HOME/nobody'
const OWN = 'Passphrase of your identity'
const NEW = ['Passphrase for the new identity', PASSPHRASE]
const FRESH = ['Folder of the vault', '', 'Region in', '', 'Account in', '']
const ADD = 'member add'
const EVA = 'member add eva "$(cat ../eva.pub)"'
const SHARES = 'recovery new --shares 2 --threshold 2'

/** The words may begin with variables. */
export const TABLE: Readonly<Record<string, Entry>> = {
  init: {
    normal: normal('init --yes --member ana', /is its admin/, 'fresh'),
    bare: bare('init --region ""', 252, /must be lower/, 'fresh'),
    prompts: [
      prompt(`${NOBODY} init`, 'You have no identity yet', [], 'fresh'),
      prompt(`${NOBODY} init`, NEW[0]!, ['You have no identity yet', 'y'], 'fresh'),
      prompt('init', 'Folder of the vault', [], 'fresh'),
      prompt('AWS_REGION=eu-west-1 init', 'Use region eu-west-1', FRESH.slice(0, 2), 'fresh'),
      prompt('init', 'Region in', FRESH.slice(0, 2), 'fresh'),
      prompt('init', 'Account in', FRESH.slice(0, 4), 'fresh'),
      prompt('init', 'Your name', FRESH, 'fresh')
    ]
  },
  clone: {
    normal: normal(
      'clone ../hub.git ../c1 --root "$(git-vault trust | grep -o "[A-Za-z0-9_-]\\{43\\}")"',
      /you are ana/
    ),
    bare: bare('clone ../hub.git ../c2', 0, /does not trust this vault yet/),
    prompts: [{ ...prompt('clone ../hub.git ../c3', 'Do these words match'), leaves: 'c3' }]
  },
  identity: {
    normal: normal('identity show', /fingerprint/),
    bare: bare(`${NOBODY} identity new`, 252, NO_TERMINAL),
    prompts: [
      prompt(`${NOBODY} identity new`, NEW[0]!),
      prompt(`${NOBODY} identity new`, 'Repeat the passphrase', NEW),
      prompt(`${LOCKED} identity passphrase --file ../locked.yaml`, OWN),
      prompt(`${LOCKED} identity passphrase --file ../locked.yaml`, 'New passphrase', [OWN, PASSPHRASE]),
      prompt(`${LOCKED} identity export --for-ci`, OWN)
    ]
  },
  unlock: {
    normal: normal('unlock --status', /nothing to unlock/),
    bare: bare(`${LOCKED} unlock`, 253, NO_TERMINAL),
    prompts: [prompt(`${LOCKED} unlock`, OWN)]
  },
  lock: reads('lock', /nothing was unlocked/),
  trust: {
    normal: normal('trust', /already trusts/),
    bare: bare('trust', 252, NO_TERMINAL, 'stranger'),
    prompts: [
      prompt('trust', 'Do these words match', [], 'stranger'),
      prompt('trust', 'Do you know who did that', [], 'behind'),
      prompt('trust other', 'Accept this older state?', [], 'older'),
      prompt('trust other', 'Forget it, and accept', [], 'damaged')
    ]
  },
  member: {
    normal: normal('member list', /bob/),
    bare: bare('member remove bob', 252, NO_TERMINAL),
    prompts: [
      prompt(ADD, 'Name of the new member'),
      prompt(`${ADD} eva`, 'Their public string'),
      prompt(EVA, 'Keys to grant rights on'),
      prompt(EVA, 'Rights to grant on them', ['Keys to grant rights on', '']),
      prompt(`${EVA} --key default --allow decrypt`, 'read the same words to you?'),
      prompt('member revoke bob --key default --allow decrypt', 'Revoke these rights?'),
      prompt('member remove bob', 'Remove bob?'),
      prompt('member admin bob', 'Continue?'),
      prompt('member adopt zed zeds', 'Store these versions')
    ]
  },
  key: {
    normal: normal('key list', /default/),
    bare: bare('key new ops --names "prod/**"', 252, NO_TERMINAL),
    prompts: [prompt('key new ops --names "prod/**"', 'Move these names to')]
  },
  sync: reads('sync --dry-run'),
  recovery: {
    normal: normal('recovery show', /holder-1/),
    bare: bare(SHARES, 252, /standard output is not a terminal$/m),
    prompts: [
      prompt(SHARES, 'Create a recovery identity'),
      prompt(SHARES, 'Is only holder-1 looking', ['Create a recovery identity', 'y']),
      prompt(SHARES, 'Have you written it down', [
        'Create a recovery identity',
        'y',
        'Is only holder-1 looking',
        'y'
      ]),
      prompt('recovery sign', 'The words of your share'),
      prompt('recovery use --file ../back.yaml', 'Words of a share (1 of 2)')
    ]
  },
  doctor: {
    normal: normal('doctor', /this clone trusts this vault/, 'unwell'),
    bare: bare('doctor --fix', 252, NO_TERMINAL, 'unwell'),
    prompts: [prompt('doctor --fix', 'Do this?', [], 'unwell')]
  },
  exposure: {
    ...reads('exposure', /zed/),
    bare: bare('exposure --rotate', 0, /zed/)
  },
  report: {
    normal: normal('report --html ../report.html', /wrote/),
    bare: bare('report --html ../app.env', 255, /exists already$/m),
    prompts: [prompt('report --html ../app.env', 'Replace ../app.env?')]
  },
  put: {
    normal: normal('put new ../value.json --create', /AWSCURRENT/),
    bare: bare('put other', 252, NO_TERMINAL),
    prompts: [
      prompt('put none', 'Create it?'),
      prompt('put other', 'Value of other'),
      prompt('put other --multiline', 'Value of other'),
      prompt('put other --confirm', 'Value of other, again', ['Value of other', 'x']),
      // the passphrase of every command that needs the identity
      prompt(`${LOCKED} put other`, OWN)
    ]
  },
  get: reads('get prod/db a', /^b/m),
  copy: {
    normal: normal('copy other --terminal', /copied other/),
    bare: bare('DISPLAY= WAYLAND_DISPLAY= copy other', 255, /has no display$/m),
    prompts: []
  },
  set: {
    normal: normal('set json a=- <../app.env', /AWSCURRENT/),
    bare: bare('set prod/db a', 252, NO_TERMINAL),
    prompts: [
      prompt('set prod/db z', 'Add it?'),
      prompt('set prod/db a', 'Value of a in prod/db'),
      prompt('set prod/db a --confirm', 'in prod/db, again', ['Value of a in prod/db', 'x'])
    ]
  },
  edit: {
    normal: normal('EDITOR=true edit prod/db', /is unchanged/),
    bare: bare('EDITOR=true edit prod/db', 252, NO_TERMINAL),
    prompts: [
      prompt('EDITOR="sed -i s/}//" edit prod/db', 'Open it in the editor again?'),
      prompt('EDITOR="sed -i s/b/c/" edit prod/db', 'Try to store it again?', [], 'twice')
    ]
  },
  import: {
    normal: normal('import ../app.env --to imported --yes', /1/),
    bare: bare('import ../app.env --to imported', 0),
    prompts: [prompt('import ../app.env --prefix asked/', 'Import them?')]
  },
  export: reads('export prod/db --format json --force', /"a"/),
  template: reads('template ../app.env --force', /A=1/),
  run: { normal: normal('run --env A=other -- true'), bare: bare('run -- true', 252), prompts: [] },
  env: reads('env --env A=other', /A=/),
  activate: reads('activate bash', /git-vault/),
  completion: reads('completion bash', /complete/),
  // it has its own tests: it is full screen, and waits for keys
  function: {
    normal: normal('function add nothing --command true', /nothing/),
    bare: bare('function list', 0),
    prompts: []
  },
  rotate: {
    normal: normal('rotate --help', /one after the other/),
    bare: bare('rotate other', 252, /other has no rotation function$/m),
    prompts: []
  },
  due: reads('due', /no secret is due/),
  rotation: reads('rotation status other', /not configured/),
  browse: {
    normal: normal('browse --help', /full screen/),
    bare: bare('browse', 252, NO_TERMINAL),
    prompts: []
  },
  ls: reads('ls', /prod\/db/),
  history: reads('history other', /AWSPREVIOUS/),
  rollback: {
    normal: normal('rollback other --previous', /rolled other back/),
    bare: bare('rollback other', 252, /rollback needs VERSION or --previous$/m),
    prompts: [
      prompt('rollback other', 'Version to go back to'),
      prompt('rollback other', 'Go back to that state', [], 'reverted')
    ]
  },
  show: reads('show other', /AWSCURRENT/),
  find: reads('find oth', /^other/m),
  generate: { ...reads('generate other', /AWSCURRENT/), normal: normal('generate', /\S{32}/) },
  tag: reads('tag other a=b', /a=b/),
  label: {
    normal: normal('label other MINE --remove'),
    bare: bare('label other MINE', 252, /label/),
    prompts: []
  },
  cp: {
    normal: normal('cp other copied', /copied other to copied/),
    bare: bare('cp web/x seen', 252, NO_TERMINAL),
    prompts: [prompt('cp web/x seen', 'Copy web/x to seen')]
  },
  mv: {
    normal: normal('mv here moved', /moved here to moved/),
    bare: bare('mv other nowhere --force', 252, NO_TERMINAL),
    prompts: [
      prompt('mv other nowhere --force', 'Move other to nowhere'),
      prompt('mv prod/ test/', 'Move prod/db to')
    ]
  },
  rm: {
    normal: normal('rm away', /will be deleted on/),
    bare: bare('rm other --force', 252, NO_TERMINAL),
    prompts: [prompt('rm other --force', 'Delete other')]
  },
  restore: { normal: normal('restore gone', /restored gone/), bare: bare('restore other', 0), prompts: [] },
  log: reads('log -n 2', /ana/),
  diff: reads('diff', undefined),
  hook: reads('hook install', /wrote|updated/),
  // elsewhere, others write at the same time
  verify: {
    normal: normal('verify', /0 problems/, 'unwell'),
    bare: bare('verify', 0, /0 problems/, 'unwell'),
    prompts: []
  },
  resolve: {
    normal: normal('resolve', /nothing|no conflict/),
    bare: bare('resolve', 255, undefined, 'twice'),
    prompts: [
      prompt('resolve', 'ours or theirs?', [], 'twice'),
      prompt('resolve', 'Keep other?', [], 'removed')
    ]
  },
  gc: reads('gc', /nothing to remove/),
  'repair-dates': {
    normal: normal('repair-dates other', /nothing to correct/),
    bare: bare('repair-dates other', 252, NO_TERMINAL, 'ahead'),
    prompts: [prompt('repair-dates other', 'clock right?', [], 'ahead')]
  },
  serve: reads('serve --port 0 --idle-timeout 1', /git-vault serves at/),
  profile: reads('profile list'),
  credential: {
    normal: normal('credential list'),
    bare: bare('credential new app --allow "*" --resource "*" --access-key-id app', 252),
    prompts: [
      prompt('credential new app --allow "*" --resource "*" --access-key-id app', 'Secret access key')
    ]
  },
  textconv: reads('textconv vault/access.yaml', /ana/)
}
