import type { ReportData, ReportedSecret } from '../../../src/core/report/data.js'

const WORDS = 'clown violin denial ski food small rich glass tornado satisfy course use'
const at = (day: string, time = '09:30:00.000'): string => `2027-${day}T${time}Z`

/** A report of a small team in which much needs attention. */
export const SAMPLE: ReportData = {
  made: at('03-01', '10:00:00.000'),
  program: '0.1.0',
  by: 'ana',
  vault: {
    ...{ folder: 'vault', root: 'A'.repeat(43), words: WORDS, region: 'eu-west-1', account: '123456789012' },
    ...{ created: at('01-04'), commit: 'e52f9b381ef9b35cdb44d0d042e3bfee68c6609a', branch: 'main' },
    isShallow: false
  },
  members: [
    member(
      'ana',
      { default: ['decrypt', 'encrypt', 'manage'], prod: ['decrypt', 'encrypt', 'manage'] },
      true
    ),
    member('bob', { default: ['decrypt', 'encrypt'] }),
    member('ci', { prod: ['decrypt'] }),
    member('eve', {}),
    { ...member('zed', {}), removed: at('02-10') }
  ],
  keys: [
    { alias: 'default', names: ['**'], generations: 2, since: at('02-10') },
    { alias: 'prod', names: ['prod/**', 'shared/prod'], generations: 1, since: at('01-05') }
  ],
  rights: [
    { member: 'ana', right: 'admin', from: at('01-04') },
    { member: 'zed', right: 'decrypt', key: 'default', from: at('01-06'), until: at('02-10') }
  ],
  secrets: [
    secret('dev/app', 'default'),
    secret('dev/db', 'default'),
    { ...secret('prod/api/mail', 'prod'), rotated: at('02-20') },
    { ...secret('prod/db', 'prod'), deletion: at('04-01') },
    { ...secret('prod/db', 'prod'), region: 'us-east-1' },
    secret('staging', 'default')
  ],
  exposed: [
    {
      ...{ secret: 'dev/app', versionId: '87bd7368-1e11-4609-833c-4dffe9c34d18', labels: ['AWSCURRENT'] },
      to: [{ member: 'zed', how: 'read', since: at('02-10') }]
    },
    {
      ...{
        secret: 'staging',
        versionId: 'b21fef3f-0a5b-4a5e-9dc9-12341cc8d400',
        labels: ['AWSCURRENT', 'blue']
      },
      to: [{ member: 'zed', how: 'wrote', since: at('02-10') }],
      waiver: { by: 'ana', until: at('06-01'), reason: 'the machine goes in May' }
    }
  ],
  rotation: [
    {
      ...{ secret: 'prod/api/mail', state: 'overdue', function: 'mail', schedule: 'every 30 days' },
      ...{ rotated: at('01-20'), opens: at('03-21', '00:00:00.000'), ends: at('03-22', '00:00:00.000') }
    },
    { secret: 'prod/db', region: 'us-east-1', state: 'in order', function: 'db', schedule: 'rate(10 days)' }
  ],
  timeline: {
    changes: Array.from({ length: 40 }, (_, index) => ({
      ...{ time: at('02-10', `10:${59 - index}:00.000`), by: 'ana', operation: 'PutSecretValue' },
      ...{ secret: `dev/${index}`, commit: 'f680f1fc57cd'.padEnd(40, '0'), isSigned: index !== 3 }
    })),
    total: 1240,
    days: [
      { day: '2027-01-04', changes: 9 },
      { day: '2027-01-20', changes: 1 },
      { day: '2027-02-10', changes: 40 }
    ]
  },
  accessLog: Array.from({ length: 12 }, (_, index) => ({
    ...{ entry: 12 - index, time: at('01-06'), by: 'ana' },
    changes: ['adds bob as a member', 'grants bob decrypt, encrypt on default']
  })),
  verify: {
    ...{ secrets: 6, versions: 9, keys: 2 },
    problems: [{ path: 'vault/secrets/odd/secret.yaml', reason: 'the signature is wrong' }],
    warnings: [{ path: 'vault/regions/eu-west-3/replica.yaml', reason: 'points nowhere' }]
  },
  doctor: [
    { what: 'root', state: 'ok', text: 'this clone trusts this vault' },
    {
      what: 'modes',
      state: 'problem',
      text: 'others can read your identity',
      hint: 'git-vault doctor --fix'
    },
    { what: 'recovery', state: 'warning', text: 'no recovery identity', hint: 'git-vault recovery new' }
  ],
  recovery: { name: 'recovery', threshold: 2, holders: ['ana', 'bob', 'carol'] },
  left: [
    { path: 'vault/secrets/odd/secret.yaml', why: 'the signature is wrong', mend: 'git-vault resolve odd' }
  ]
}

type Rights = ReportData['members'][number]['rights'][number]['rights']

function member(name: string, rights: Readonly<Record<string, Rights>>, isAdmin = false) {
  return {
    ...{ name, isAdmin, isRecovery: false, words: WORDS, since: at('01-06') },
    rights: Object.entries(rights).map(([key, held]) => ({ key, rights: held }))
  }
}

function secret(name: string, key: string): ReportedSecret {
  return { name, key, stored: at('02-01'), by: 'ana' }
}

/** The same with each text replaced: every name, path, reason and word of it. Dates, states and numbers stay. */
export function mapTexts(data: ReportData, map: (text: string) => string): ReportData {
  const fixed =
    /^(?:made|state|how|right|rights|what|since|from|until|removed|created|stored|rotated|deletion|opens|ends|time|day|lastDrill|commit)$/
  const mapped = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return fixed.test(name) ? value : map(value)
    if (Array.isArray(value)) return value.map(item => mapped(item, name))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, key)]))
  }
  return mapped(data, '') as ReportData
}
