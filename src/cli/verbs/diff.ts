import type { FactChange } from '../../core/describe/factChanges.js'
import { VaultError } from '../../core/errors.js'
import type { Difference } from '../../vault/diff/diff.js'
import { safeValue, visible, visibleJson } from '../terminal/escape.js'
import { paintFor, type Paint } from '../terminal/paint.js'
import { isJson, jsonOption } from '../command/json.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { valueDifferences, type ValueDifference } from '../command/valueDifferences.js'

export const diff: Verb = {
  help: `Usage: git-vault diff [A..B | REVISION] [NAME...] [options]

Show what differs in the vault between two commits: secrets with their
versions, labels, tags, rotation and deletion; members, rights and keys. A line
that starts with - went, one that starts with + came. Everything that is shown
was verified. REVISION alone is compared with HEAD. Without A..B or REVISION,
the newest commit that changed the vault, or NAME, is compared with the commit
before it.

Options:
  --show-values     show values that you can decrypt, too; those of JSON
                    objects key by key
  --json            print JSON
  --region REGION   the region of the secrets NAME (default: the vault's own);
                    without NAME, show only the secrets of this region

Examples:
  git-vault diff origin/main..HEAD
  git-vault diff v1.2..v1.3 prod/db --show-values
`,
  options: { 'show-values': { kind: 'flag' }, ...jsonOption, ...regionOption },
  words: ['REVISION', 'NAME'],
  repeats: true,
  required: 0,

  async run(parsed, world) {
    const { io, services } = world
    const showValues = parsed.has('show-values')
    const region = parsed.text('region')
    const vault = await openCurrentVault(world, region)
    const paint = paintFor(io)
    const all: object[] = []
    let refused = 0
    for await (const found of services.diff(vault, { words: parsed.words, region, showValues })) {
      refused += found.refused.length
      const values = found.values.flatMap(valueDifferences)
      if (isJson(parsed)) all.push(showValues ? { ...found, values } : { ...found, values: undefined })
      else await io.stdout.write(textOf(found, values, paint))
    }
    if (isJson(parsed)) await io.stdout.write(visibleJson(all))
    if (refused > 0)
      throw new VaultError('DocumentRefused', `${refused} of the compared states failed verification`, {
        hint: 'git-vault verify'
      })
  }
}

const TITLES: Readonly<Record<Difference['kind'], string>> = {
  access: 'access log',
  key: 'key',
  file: 'not a file of a vault:',
  secret: ''
}

function textOf(found: Difference, values: readonly ValueDifference[], paint: Paint): string {
  const { kind, name, region, change, facts, refused, outdated } = found
  const title = `${TITLES[kind]} ${kind === 'access' ? '' : visible(name)}`.trim()
  const where = region === undefined ? '' : ` (${visible(region)})`
  const lines = [
    `${paint.bold(`${title}${where}`)}  ${change}`,
    ...refused.map(why => `  ! failed verification: ${visible(why)}`),
    ...outdated.map(why => `  ! accepted only when it was written: ${visible(why)}`),
    ...facts.flatMap(factLines),
    ...values.flatMap(value => valueLines(value, values))
  ]
  return `${lines.join('\n')}\n`
}

function factLines({ topic, name, before, after }: FactChange): string[] {
  const subject = visible(name === undefined ? topic : `${topic} ${name}`)
  const line = (sign: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`  ${sign} ${subject}${text === '' ? '' : `: ${visible(text)}`}`]
  return [...line('-', before), ...line('+', after)]
}

function valueLines(
  { version, key, before, after, closed }: ValueDifference,
  all: readonly ValueDifference[]
): string[] {
  if (closed) return [`  ! value of ${visible(version)}: you cannot decrypt it`]
  const isOnly = all.every(other => other.version === version)
  const subject = ['value', key, isOnly ? undefined : `of ${version}`].filter(part => part !== undefined)
  // a newline at the end of both is no difference
  const isSameEnd = [before, after].every(text => text === undefined || text.endsWith('\n'))
  const lines = (sign: string, text: string | undefined): string[] =>
    text === undefined
      ? []
      : (isSameEnd ? text.slice(0, -1) : text)
          .split('\n')
          .map(line => `  ${sign} ${visible(subject.join(' '))}: ${safeValue(line)}`)
  return [...lines('-', before), ...lines('+', after)]
}
