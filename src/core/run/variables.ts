import { usage } from '../errors.js'
import { isJsonObject, jsonMembers } from '../format/jsonField.js'
import type { Plan, Source } from './plan.js'
import { isDangerousName, isPortableName, isPossibleName } from './variableNames.js'

/** A secret's value, as GetSecretValue returns it: one of the two. */
export interface Value {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

/** What a program gets. */
export interface Given {
  readonly variables: ReadonlyMap<string, string>
  readonly files: readonly { readonly variable: string; readonly content: string | Uint8Array }[]
  readonly stdin: string | Uint8Array | undefined
}

/**
 * Returns what a plan gives to a program. Throws `Usage`, naming the secret and the variable and never a value, if a name is
 * refused, a field is missing, or a value cannot be in the environment.
 * @param values of every secret of the plan
 */
export function given(plan: Plan, values: ReadonlyMap<string, Value>): Given {
  const members = membersOf(values)
  const explicit = explicitNames(plan)
  const variables = new Map<string, string>()
  for (const { name, value, from } of fieldsOf(plan, members, values)) {
    if (explicit.has(key(name, plan))) continue
    checkName(name, plan, from.secret)
    variables.set(name, checkValue(value, name, from, plan))
  }
  for (const assignment of plan.assignments) {
    const { variable, secret } = assignment
    checkName(variable, plan)
    const content = contentOf(assignment, values, members)
    if (typeof content !== 'string')
      throw usage(
        `${secret} is binary, so it cannot be in the variable ${variable}`,
        asFile(variable, assignment, plan)
      )
    variables.set(variable, checkValue(content, variable, assignment, plan))
  }
  const files = plan.files.map(file => {
    checkName(file.variable, plan)
    return { variable: file.variable, content: contentOf(file, values, members) }
  })
  return { variables, files, stdin: plan.stdin && contentOf(plan.stdin, values, members) }
}

type Members = (secret: string) => ReadonlyMap<string, string> | undefined

/** Returns a function that parses each secret once; `undefined` for one that is not a JSON object. */
function membersOf(values: ReadonlyMap<string, Value>): Members {
  const parsed = new Map<string, ReadonlyMap<string, string> | undefined>()
  return secret => {
    const text = values.get(secret)?.SecretString
    if (!parsed.has(secret))
      parsed.set(secret, text !== undefined && isJsonObject(text) ? jsonMembers(text) : undefined)
    return parsed.get(secret)
  }
}

interface Field {
  readonly name: string
  readonly value: string
  readonly from: Source
}

/** The fields of the plan's secrets. Those of a later secret replace those of an earlier one. */
function fieldsOf(plan: Plan, members: Members, values: ReadonlyMap<string, Value>): Field[] {
  const fields = new Map<string, Field>()
  const missing = new Set(plan.only)
  for (const secret of plan.secrets) {
    const found = members(secret)
    if (!found)
      throw usage(
        `${secret} is not a JSON object, so it has no fields for variables`,
        values.get(secret)?.SecretBinary
          ? asFile('VAR', { secret, field: undefined }, plan)
          : `name a variable for it: --env VAR=${secret}`
      )
    const own = new Map<string, string>()
    for (const [field, value] of found) {
      if (plan.only && !plan.only.includes(field)) continue
      missing.delete(field)
      const name = plan.prefix + (plan.isUpper ? upper(field) : field)
      const id = key(name, plan)
      const other = own.get(id)
      if (other !== undefined)
        throw usage(
          `the fields ${quoted(other)} and ${quoted(field)} of ${secret} would be the same variable`,
          `name the one you want: --env ${name}=${secret}:${field}`
        )
      own.set(id, field)
      fields.set(id, { name, value, from: { secret, field } })
    }
  }
  const [first] = missing
  if (first !== undefined)
    throw usage(
      plan.secrets.length === 0
        ? '--only needs a secret whose fields it chooses from'
        : `no field ${quoted(first)} in ${plan.secrets.join(', ')}`
    )
  return [...fields.values()]
}

const upper = (field: string): string => field.toUpperCase().replace(/[^A-Z0-9_]/g, '_')

const key = (name: string, { ignoreCase }: Plan): string => (ignoreCase ? name.toUpperCase() : name)

/** As JSON, because the name of a field may have any character. */
const quoted = (name: string): string => JSON.stringify(name)

/** The variables that the user has named. Throws if one is named twice. */
function explicitNames(plan: Plan): Set<string> {
  const names = new Set<string>()
  for (const { variable } of [...plan.assignments, ...plan.files]) {
    if (names.has(key(variable, plan))) throw usage(`the variable ${variable} is given twice`)
    names.add(key(variable, plan))
  }
  return names
}

/** @param secret the one whose field has the name; `undefined` if the user named the variable */
function checkName(name: string, { allowed, ignoreCase, isForShell }: Plan, secret?: string): void {
  const from = secret === undefined ? '' : `, a field of ${secret},`
  if (!isPossibleName(name)) throw usage(`${quoted(name)}${from} cannot be the name of a variable`)
  const choice = secret === undefined ? 'use another name' : 'leave it out with --only'
  const hint = `${choice}, or allow it: --allow-name ${quoted(name)}`
  if (!isPortableName(name) && (isForShell || !allowed.has(name)))
    throw usage(`${quoted(name)}${from} is not a name that shells can set`, isForShell ? choice : hint)
  if (allowed.has(name)) return
  if (isDangerousName(name, ignoreCase))
    throw usage(`the variable ${name}${from} would change how programs run`, hint)
}

function checkValue(value: string, variable: string, source: Source, plan: Plan): string {
  if (!value.includes('\0')) return value
  throw usage(
    `the value for ${variable} has a NUL character, which no variable can hold`,
    asFile(variable, source, plan)
  )
}

function asFile(variable: string, { secret, field }: Source, { isForShell }: Plan): string {
  const option = `--file ${variable}=${secret}${field === undefined ? '' : `:${field}`}`
  return `give it as a file: ${isForShell ? `git-vault run ${option} -- PROGRAM` : option}`
}

function contentOf(
  { secret, field }: Source,
  values: ReadonlyMap<string, Value>,
  members: Members
): string | Uint8Array {
  const { SecretString, SecretBinary } = values.get(secret)!
  if (field === undefined) return SecretString ?? SecretBinary ?? ''
  const found = members(secret)
  if (!found) throw usage(`${secret} is not a JSON object, so it has no field ${quoted(field)}`)
  const value = found.get(field)
  if (value === undefined) throw usage(`${secret} has no field ${quoted(field)}`)
  return value
}
