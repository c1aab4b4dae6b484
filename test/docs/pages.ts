export interface Plan {
  /** How the first command of the block begins: so that a changed page is noticed. */
  readonly starts: string
  /** Whether it begins in a new copy of the world, and not where the block before it ended. */
  readonly isNew?: boolean
  /** Bash commands that run before it, in Ana's clone. */
  readonly before?: string
  /** For each command of the block: texts to wait for, and what is then typed. */
  readonly answers?: readonly (readonly (readonly [string, string])[])[]
  /** What stands in the page for something else: ids, keys, addresses. */
  readonly replace?: Readonly<Record<string, string>>
  /** The exit code of each command, if not 0. */
  readonly codes?: readonly number[]
  /** Why it prints something else here. */
  readonly otherwise?: string
  /** Why it cannot run here. */
  readonly notRun?: string
}

interface Page {
  /** Whether it begins without an identity and a vault. */
  readonly isEmpty?: boolean
  readonly plans: readonly Plan[]
}

export const CTRL_C = '\x03'

const PASSPHRASE = 'five words that nobody knows'
const UNLOCK = `GIT_VAULT_PASSPHRASE='${PASSPHRASE}' git-vault unlock`
const ROOT = '$(cd ../ana && git-vault trust | grep -o "root [A-Za-z0-9_-]*" | cut -c 6-)'
const REMOTE = 'git@example.com:team/code.git'
const EXAMPLE_ROOT = '1U0hXYIOtv5Hwa7U8y_NAIEs7q8YBCDjrggc2GuKOME'
const REQUEST = '"$(bob git-vault member request 2>/dev/null)"'
/** The version that has a label. */
const version = (label: string, secret = 'prod/db'): string =>
  `$(git-vault get-secret-value --secret-id ${secret} --version-stage ${label} --query VersionId --output text)`
const put = (secret: string, value: string, options = ''): string =>
  `printf '%s' '${value}' | git-vault put ${secret} - ${options}\n`
const forget = (secret: string): string =>
  `git-vault delete-secret --secret-id ${secret} --force-delete-without-recovery\n`
const BOB_JOINS = `
  bob git-vault identity new --no-passphrase
  git-vault member add bob ${REQUEST} --key default --allow decrypt,write --yes
  git push -q
  bob git clone -q ../hub.git . && bob git-vault trust --root ${ROOT}
`
/** The public key of a person who has no clone. */
const keyOf = (name: string): string =>
  `"$(GIT_VAULT_IDENTITY_FILE=$HOME/${name} git-vault identity new --no-passphrase | grep -o 'gvpub1_.*')"`
const bobPuts = (options = ''): string =>
  `printf theirs | bob git-vault put prod/db - ${options} && bob git push -q\n`

/** The imports that two pages have. */
const IMPORTS = {
  dotenv: {
    starts: 'git-vault import .env',
    before: "printf 'A=1\\n' > .env",
    answers: [[['Import them?', 'y']]]
  },
  sops: {
    starts: 'git-vault import --from sops',
    notRun: 'test/cli/importSources.test.ts runs it beside a program that answers as sops does'
  },
  pass: {
    starts: 'git-vault import --from pass',
    notRun: 'test/cli/importSources.test.ts runs it with a store and gpg'
  },
  endpoint: {
    starts: 'AWS_PROFILE=prod git-vault import',
    notRun: 'test/cli/importSources.test.ts runs it with the AWS CLI'
  }
} as const satisfies Record<string, Plan>

/** Each page of the documentation with commands, and a plan for each block of them, in order. */
export const pages: Readonly<Record<string, Page>> = {
  'getting-started.md': {
    isEmpty: true,
    plans: [
      {
        starts: 'git-vault identity new',
        answers: [
          [
            ['Passphrase', PASSPHRASE],
            ['Repeat', PASSPHRASE]
          ]
        ]
      },
      {
        starts: 'git-vault unlock',
        before: `git init -q && ${UNLOCK} && git-vault init --member ana --yes
          ${put('prod/db', 'battery staple', '--create')}
          git-vault update-secret --secret-id prod/db --description 'Main database'
          git-vault lock`,
        answers: [[['Passphrase', PASSPHRASE]]]
      },
      { starts: 'export XDG_RUNTIME_DIR', replace: { '/dev/shm/run-$(id -u)': '$HOME/memory' } },
      {
        starts: 'cd your-repository',
        before: 'mkdir your-repository && git init -q your-repository',
        answers: [
          [
            ['Folder', ''],
            ['Region', ''],
            ['Account', ''],
            ['name', 'ana'],
            ['Passphrase', PASSPHRASE]
          ]
        ]
      },
      {
        starts: 'git-vault put prod/app',
        before: `${UNLOCK}; printf '{"user":"app","password":"old"}' > app.json`,
        answers: [[], [], [['Value of password', 'correcthorse']]]
      },
      { starts: 'git-vault create-secret', before: `printf hunter2 > password.txt\n${forget('prod/db')}` },
      IMPORTS.dotenv,
      IMPORTS.sops,
      IMPORTS.pass,
      IMPORTS.endpoint,
      {
        starts: 'git-vault clone',
        before: 'git init -q --bare ../code.git && git push -q ../code.git HEAD:main',
        replace: { [REMOTE]: '../code.git', [EXAMPLE_ROOT]: ROOT }
      }
    ]
  },
  'daily-work.md': {
    plans: [
      {
        starts: 'git-vault put prod/db ',
        before: `printf 'certificate' > cert.der; ${put('prod/cert', 'old', '--create')}`,
        answers: [[['Value', 'hunter2']]]
      },
      {
        starts: 'git-vault history',
        before: `${forget('prod/db')}${put('prod/db', 'hunter2', '--create')}${put('prod/db', 'new')}
          git-vault update-secret-version-stage --secret-id prod/db --version-stage CANARY \
            --move-to-version-id ${version('AWSCURRENT')}`
      },
      {
        starts: 'git-vault put prod/db new.txt',
        before: 'printf newer > new.txt',
        replace: { 'version-id ID': `version-id ${version('CANARY')}` }
      },
      { starts: 'git-vault mv', before: put('dev/cache', 'x', '--create') + put('dev/api', 'x', '--create') },
      { starts: 'git checkout v1.2', before: 'git add -A && git commit -qm others' },
      {
        starts: 'git-vault get prod/db',
        before: `git checkout -q main; ${put('prod/db', 'later')} git reset -q --hard HEAD~1`,
        codes: [255]
      },
      { starts: 'git-vault hook install' }
    ]
  },
  'programs.md': {
    plans: [
      { starts: "printf '{" },
      {
        starts: 'git-vault run --env',
        before: `${put('prod/db', '{"password":"x"}')}${put('prod/kubeconfig', 'x', '--create')}${put('prod/registry', 'x', '--create')}`
      },
      { starts: 'vars=$(git-vault env' },
      { starts: `echo 'eval "$(git-vault activate`, replace: { '| source': '| cat' } },
      { starts: `echo 'eval "$(git-vault completion`, before: 'mkdir -p ~/.config/fish/completions' },
      { starts: 'if value=' },
      { starts: 'git-vault put-secret-value' },
      { starts: 'git-vault serve', answers: [[['serves at', CTRL_C]]] },
      { starts: 'set -a', notRun: 'test/conformance runs the AWS CLI at the endpoint' },
      {
        starts: 'git-vault clone',
        replace: { [REMOTE]: '../hub.git code', [EXAMPLE_ROOT]: ROOT },
        answers: [[['serves at', CTRL_C]]]
      }
    ]
  },
  'teams.md': {
    plans: [
      {
        starts: 'git-vault put prod/db',
        before: BOB_JOINS + bobPuts(),
        answers: [[['Value', 'hunter2']]]
      },
      {
        starts: 'git-vault identity new',
        isNew: true,
        replace: { 'identity new': 'identity new --no-passphrase' }
      },
      {
        starts: 'git-vault member add bob',
        replace: { 'gvpub1_IxdrnCbn…': REQUEST },
        answers: [[['same words', 'y']]]
      },
      {
        starts: 'git clone',
        replace: {
          'git clone …': 'git clone -q ../hub.git .',
          'gvinv1_pkO6jJRvo_UibfJFhvAuOBJsJNrci7N_M2QrRhkua44AAAAD5-UTH20naG-ZJzCsEH_AQjTEp30ABj5fNVhUts3G4X2Iy8ZQ':
            '$(grep -o "gvinv1_[A-Za-z0-9_-]*" ../printed | tail -n 1)'
        }
      },
      { starts: 'git-vault key new', answers: [[['Move these', 'y']]] },
      {
        starts: 'git-vault member remove',
        before: 'git branch release',
        answers: [[['Remove bob', 'y']]]
      },
      { starts: 'git-vault exposure --rotate', notRun: 'test/cli/exposure.test.ts runs it with a function' },
      { starts: 'git-vault exposure', before: "printf 'another value' > password.txt" },
      {
        starts: 'git-vault update-secret-version-stage',
        replace: { '0ade9d01-80a7-4527-98be-b5ad1acb6bdd': version('AWSPREVIOUS') }
      },
      { starts: 'git-vault exposure waive', replace: { '2027-01-31': '$(date -d "+30 days" +%F)' } },
      { starts: 'git-vault report', otherwise: 'this vault is smaller' }
    ]
  },
  'merging.md': {
    plans: [
      {
        starts: 'git pull',
        before: BOB_JOINS + bobPuts() + put('prod/db', 'ours'),
        otherwise: 'git counts other lines'
      },
      {
        starts: 'git pull',
        isNew: true,
        before:
          BOB_JOINS +
          bobPuts('--token deploy-42-0000-0000-0000-000000000000') +
          put('prod/db', 'ours', '--token deploy-42-0000-0000-0000-000000000000'),
        codes: [1]
      },
      {
        starts: 'git pull',
        isNew: true,
        before: `${BOB_JOINS}${bobPuts()}${put('prod/db', 'ours')}git config --remove-section merge.git-vault`,
        codes: [1]
      },
      {
        starts: 'git-vault get prod/db --version',
        replace: { 'c6154e74-165f-404f-9c5c-87a52fe7ac44': version('AWSPREVIOUS') }
      },
      {
        starts: 'git-vault verify',
        isNew: true,
        before: `${BOB_JOINS}${bobPuts()}${put('prod/db', 'ours')}git config --remove-section merge.git-vault
          git pull -q --no-rebase || git checkout -q --ours vault/secrets/prod/db/stages.yaml
          git add vault && git commit -qm 'Merge by hand'`,
        codes: [255]
      },
      {
        starts: 'git-vault sync',
        isNew: true,
        before: `${BOB_JOINS}git-vault member admin bob --yes && git push -q && bob git pull -q
          git-vault member add carol ${keyOf('carol')} --key default --allow decrypt --yes && git push -q
          bob git-vault member add dave ${keyOf('dave')} --key default --allow decrypt,encrypt --yes`
      },
      {
        starts: 'git merge --abort',
        isNew: true,
        before: `${BOB_JOINS}git-vault member admin bob --yes && git push -q && bob git pull -q
          bob git-vault member add dave ${keyOf('dave')} --key default --allow decrypt --yes && bob git push -q
          git-vault member add carol ${keyOf('carol')} --key default --allow decrypt --yes
          ! git pull -q --no-rebase`
      },
      {
        starts: 'git status',
        before: `git-vault member add eve ${keyOf('eve')} --key default --allow decrypt --yes`,
        replace: { 'add …': `add joe ${keyOf('joe')} --key default --allow decrypt --yes` }
      }
    ]
  },
  'ci.md': {
    plans: [
      {
        starts: 'git-vault identity new',
        before: "git-vault key new prod --names 'prod/**' --yes",
        replace: {
          'gvpub1_DWnMKg9-…': '"$(GIT_VAULT_IDENTITY_FILE=~/ci.yaml git-vault member request 2>/dev/null)"'
        }
      },
      { starts: 'git-vault identity export' },
      {
        starts: 'export GIT_VAULT_IDENTITY',
        replace: {
          [`'gvsec1_….${EXAMPLE_ROOT}'`]:
            '"$(git-vault identity export --for-ci --file ~/ci.yaml 2>/dev/null)"'
        }
      },
      { starts: 'export GIT_VAULT_AT_LEAST' },
      {
        starts: 'git archive',
        before: 'mkdir ~/app',
        replace: {
          'GIT_VAULT_DIR=':
            'GIT_VAULT_IDENTITY="$(git-vault identity export --for-ci --file ~/ci.yaml 2>/dev/null)" GIT_VAULT_DIR=',
          '/srv/app': '~/app'
        },
        otherwise: 'the folder is another'
      },
      { starts: 'set -eu', before: 'git push -q', replace: { '"$TARGET"': 'main', '"$VAULT_ROOT"': ROOT } }
    ]
  },
  'rotation.md': {
    plans: [
      {
        starts: 'git-vault function add pg-rotate --python',
        notRun: 'test/databases runs such functions with PostgreSQL'
      },
      { starts: 'npm install -g pg', notRun: 'test/databases runs the built-in functions with real servers' },
      {
        starts: 'git-vault function add pg-two',
        before: 'git-vault function list'
      },
      { starts: 'git-vault rotate-secret', notRun: 'test/cli/rotation.test.ts has a function that fails' },
      { starts: 'git-vault due', otherwise: 'nothing is due' },
      {
        starts: 'git-vault rotate prod/cookies',
        before: put('prod/cookies', 'x', '--create')
      },
      { starts: '#!/bin/sh', notRun: 'it is the program of the next block' },
      {
        starts: 'git-vault rotate prod/api',
        before: `${put('prod/api', '{"password":"x"}', '--create')}
          printf '#!/bin/sh\\ncat >/dev/null\\n' > set-password.sh && chmod +x set-password.sh`
      },
      {
        starts: 'git-vault rotate prod/token',
        before: `${put('prod/token', '{"token":"x"}', '--create')}
          printf '#!/bin/sh\\necho issued\\n' > ../bin/issue-token && chmod +x ../bin/issue-token`
      }
    ]
  },
  'recovery.md': {
    plans: [
      {
        starts: 'git-vault recovery new',
        notRun: 'test/cli/terminal/verbs.test.ts types the words of the holders'
      },
      { starts: 'git-vault doctor --fix' }
    ]
  },
  'moving.md': {
    plans: [
      IMPORTS.dotenv,
      IMPORTS.sops,
      IMPORTS.pass,
      {
        starts: 'dotenvx decrypt',
        before: `${forget('dev/app')} printf "#!/bin/sh\\nprintf 'A=1\\\\n'" > ../bin/dotenvx && chmod +x ../bin/dotenvx
          touch .env .env.keys`
      },
      {
        starts: 'fnox export',
        before: `${forget('dev/app')} printf "#!/bin/sh\\nprintf 'A=1\\\\n'" > ../bin/fnox && chmod +x ../bin/fnox`
      },
      {
        starts: 'git-vault import secrets.env',
        before: "printf 'A=1\\n' | tee secrets.env > tls.key",
        answers: [[['Import them?', 'y']]]
      },
      IMPORTS.endpoint
    ]
  }
}
