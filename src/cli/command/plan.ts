import { parseAssignment, parseSource, type Plan } from '../../core/run/plan.js'
import type { Given } from '../../core/run/variables.js'
import type { Vault } from '../../vault/vault.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { noticeTo } from '../terminal/report.js'
import type { World } from './services.js'
import { regionOption } from './verb.js'

/** The options of commands that turn secrets into variables. */
export const planOptions = {
  env: { kind: 'repeat' },
  prefix: { kind: 'value' },
  upper: { kind: 'flag' },
  only: { kind: 'repeat' },
  stage: { kind: 'value' },
  'allow-name': { kind: 'repeat' },
  ...regionOption
} as const

export const planHelp = `  --env VAR=NAME[:FIELD]   a variable with a secret's value, or with one
                           field of a JSON secret; may be given again
  --only FIELD[,FIELD]     take only these fields of each NAME
  --prefix TEXT            put TEXT before the names of fields
  --upper                  name fields in upper case, with _ for characters
                           that a variable cannot have
  --stage LABEL            read the versions with this staging label
                           (default: AWSCURRENT)
  --allow-name VAR         set a variable that is refused otherwise, such as
                           PATH, because it changes how programs run
  --region REGION          the region of the secrets (default: the vault's own)
`

/** Returns the plan of a command line. Throws `Usage` for an option that cannot be parsed. */
export function planOf(
  parsed: Parsed,
  { ignoreCase, isForShell }: Pick<Plan, 'ignoreCase' | 'isForShell'>
): Plan {
  const list = (name: string): readonly string[] => parsed.list(name) ?? []
  const only = parsed.list('only')
  const stdin = parsed.text('stdin')
  return {
    secrets: parsed.words,
    assignments: list('env').map(text => parseAssignment(text, '--env')),
    files: list('file').map(text => parseAssignment(text, '--file')),
    stdin: stdin === undefined ? undefined : parseSource(stdin, '--stdin'),
    prefix: parsed.text('prefix') ?? '',
    isUpper: parsed.has('upper'),
    only: only?.flatMap(text => text.split(',')),
    allowed: new Set(list('allow-name')),
    ignoreCase,
    isForShell
  }
}

/** Reads the secrets of a plan: if it names none, those that `.vaultrc` lists. Throws if neither names one. */
export async function readPlan(plan: Plan, vault: Vault, parsed: Parsed, world: World): Promise<Given> {
  const whole = await completed(plan, vault, world)
  return world.services.readPlan(vault, whole, parsed.text('stage'), async (error, secret) => {
    const { explain } = await import('./explain.js')
    return explain(error, secret, parsed.text('region'), world)
  })
}

async function completed(plan: Plan, vault: Vault, { io, services }: World): Promise<Plan> {
  const { secrets, assignments, files, stdin } = plan
  if (secrets.length + assignments.length + files.length > 0 || stdin) return plan
  const { run = [] } = await services.settings(vault)
  if (run.length === 0)
    throw new UsageError(
      'input',
      'no secret is named, and .vaultrc lists none',
      'pass NAME, or list the secrets in .vaultrc under run'
    )
  // anyone who can push can change the list
  if (io.stderr.isTerminal) noticeTo(io)(`.vaultrc names the secrets: ${run.join(', ')}`)
  return { ...plan, secrets: run }
}
