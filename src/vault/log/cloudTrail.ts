import { utf8 } from '../../core/format/canonical.js'
import { operations } from '../../core/generated/operations.js'
import { parseArn } from '../../core/service/name.js'
import { hash } from '../../core/sodium.js'
import type { Vault } from '../vault.js'
import type { LogEntry } from './entry.js'
import { log, type LogOptions } from './log.js'

/** An entry of the log in the form of a CloudTrail record. Contains no value of a secret. */
export interface CloudTrailEvent {
  readonly eventVersion: string
  readonly userIdentity: Readonly<Record<string, string>>
  /** UTC, in seconds. */
  readonly eventTime: string
  readonly eventSource: string
  readonly eventName: string
  readonly awsRegion: string
  readonly requestParameters: Readonly<Record<string, string>> | null
  readonly responseElements: Readonly<Record<string, string>> | null
  /** `signed` is false if only the commit's message says so. `message` is the first line of a commit made by hand. */
  readonly additionalEventData: {
    readonly commit: string
    readonly signed: boolean
    readonly message?: string
    readonly rotation?: LogEntry['rotation']
  }
  /** A UUID. The same whenever and wherever the log of this history is read. */
  readonly eventID: string
  readonly readOnly: false
  readonly resources: readonly { readonly ARN: string; readonly accountId: string; readonly type: string }[]
  readonly eventType: 'AwsApiCall' | 'AwsServiceEvent'
  readonly managementEvent: true
  readonly recipientAccountId: string
  readonly eventCategory: 'Management'
}

/** The entries of `log`, each as an event of CloudTrail. */
export async function* cloudTrail(vault: Vault, options: LogOptions): AsyncIterable<CloudTrailEvent> {
  const { access, region } = await vault.read()
  for await (const entry of log(vault, options)) yield eventOf(entry, access.account, region)
}

function eventOf(entry: LogEntry, account: string, region: string): CloudTrailEvent {
  const { commit, signed, arns, operation } = entry
  const [arn] = arns
  const [, name, subject] = /^([A-Z][A-Za-z]*)(?: (.*))?$/s.exec(operation) ?? []
  const isCall = name !== undefined && Object.hasOwn(operations, name)
  // a commit made by hand has a message of any form
  const isNamed = name !== undefined && entry.member !== undefined
  return {
    eventVersion: '1.08',
    userIdentity: userOf(entry, account),
    eventTime: entry.time.toISOString().replace(/\.\d+/, ''),
    eventSource: 'secretsmanager.amazonaws.com',
    eventName: isNamed ? name : 'GitCommit',
    awsRegion: arn === undefined ? region : parseArn(arn).region,
    requestParameters: isNamed ? parametersOf(entry, name, subject) : null,
    responseElements: isCall && signed ? responseOf(entry) : null,
    additionalEventData: {
      commit,
      signed,
      ...(isNamed ? {} : { message: operation }),
      ...(entry.rotation ? { rotation: entry.rotation } : {})
    },
    eventID: idOf(entry),
    readOnly: false,
    resources: arns.map(ARN => ({ ARN, accountId: account, type: 'AWS::SecretsManager::Secret' })),
    eventType: isNamed && isCall ? 'AwsApiCall' : 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management'
  }
}

/** An unsigned entry has the type `Unknown`: its name is only a claim. */
function userOf({ signed, by, member, author }: LogEntry, accountId: string): Record<string, string> {
  return signed
    ? { type: 'IAMUser', principalId: by ?? '', accountId, userName: member ?? '' }
    : { type: 'Unknown', userName: member ?? author }
}

function parametersOf(
  { secret, token }: LogEntry,
  name: string,
  subject: string | undefined
): Record<string, string> {
  return {
    ...(secret === undefined ? {} : name === 'CreateSecret' ? { name: secret } : { secretId: secret }),
    ...(subject === undefined ? {} : { subject }),
    ...(token === undefined ? {} : { clientRequestToken: token })
  }
}

function responseOf({ arns: [arn], secret, versionId }: LogEntry): Record<string, string> | null {
  if (arn === undefined) return null
  return {
    arn,
    ...(secret === undefined ? {} : { name: secret }),
    ...(versionId === undefined ? {} : { versionId })
  }
}

/** A UUID of version 8 (RFC 9562), from what tells the entry from every other one. */
function idOf({ commit, path, operation, token = '', time, signed }: LogEntry): string {
  const parts = [commit, path, operation, token, time.toISOString(), String(signed)]
  const bytes = hash(utf8(parts.join('\0'))).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
