import { awsValue, isObject, parsedJson, type JsonObject } from './awsValues.js'
import { refuseRepeated, unreadable, type NamedTag } from './entry.js'
import { textOf } from './parseFile.js'

/** A secret of an endpoint, without its value. */
export interface ListedSecret {
  readonly arn: string
  readonly name: string
  readonly description: string | undefined
  readonly tags: readonly NamedTag[]
}

/** Only such an ARN is passed on to the AWS CLI, which would take `file://…` for a file to read, and `--…` for an option. */
const SECRET_ARN = /^arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]*:\d*:secret:[\w/+=.@!-]+$/

/** Returns the secrets in an answer of `list-secrets`. Tags that AWS itself has set are left out. */
export function listedSecrets(bytes: Uint8Array, source: string): ListedSecret[] {
  const listed = membersOf(bytes, 'SecretList', source).map(secret => {
    const { ARN: arn, Name: name, Description: description, Tags: tags } = secret
    if (typeof arn !== 'string' || typeof name !== 'string')
      throw unreadable(source, 'an entry of its list has no ARN and Name')
    if (!SECRET_ARN.test(arn))
      throw unreadable(source, `${JSON.stringify(arn)} in its list is not the ARN of a secret`)
    return {
      arn,
      name,
      description: typeof description === 'string' && description !== '' ? description : undefined,
      tags: Array.isArray(tags) ? tags.flatMap(tagOf) : []
    }
  })
  refuseRepeated(listed, source)
  return listed
}

function tagOf(tag: unknown): NamedTag[] {
  if (!isObject(tag)) return []
  const { Key: key, Value: value = '' } = tag
  const isTag = typeof key === 'string' && typeof value === 'string' && !/^aws:/i.test(key)
  return isTag ? [{ key, value }] : []
}

/** The values of an answer of `batch-get-secret-value`, by ARN, and the ids of the secrets that have no current value. */
export interface BatchOfValues {
  readonly values: ReadonlyMap<string, string | Uint8Array>
  readonly without: readonly string[]
}

/** Throws `Usage`, naming the secret and the error's code, if one cannot be read. */
export function batchOfValues(bytes: Uint8Array, source: string): BatchOfValues {
  const values = new Map<string, string | Uint8Array>()
  for (const answer of membersOf(bytes, 'SecretValues', source)) {
    const { ARN: arn, Name: name } = answer
    if (typeof arn !== 'string') throw unreadable(source, 'an entry of its values has no ARN')
    values.set(arn, awsValue(answer, typeof name === 'string' ? name : arn, source))
  }
  const without: string[] = []
  for (const { SecretId: id, ErrorCode: code } of membersOf(bytes, 'Errors', source, true)) {
    const [named, reason] = [id, code].map(text => (typeof text === 'string' ? text : 'unknown'))
    // a secret that was created without a value
    if (/ResourceNotFoundException/.test(reason!)) without.push(named!)
    else throw unreadable(source, `${JSON.stringify(named)} cannot be read (${JSON.stringify(reason)})`)
  }
  return { values, without }
}

/** Returns the value in an answer of `get-secret-value`. */
export function answeredValue(bytes: Uint8Array, name: string, source: string): string | Uint8Array {
  const answer = parsedJson(textOf(bytes, source), source)
  if (!isObject(answer)) throw unreadable(source, `it gave no answer for ${JSON.stringify(name)}`)
  return awsValue(answer, name, source)
}

function membersOf(bytes: Uint8Array, list: string, source: string, isOptional = false): JsonObject[] {
  const parsed = parsedJson(textOf(bytes, source), source)
  const found = isObject(parsed) ? parsed[list] : undefined
  if (found === undefined && isOptional) return []
  if (!Array.isArray(found) || !found.every(isObject)) throw unreadable(source, `its answer has no ${list}`)
  return found
}
