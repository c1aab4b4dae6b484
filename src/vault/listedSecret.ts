import type { SecretDocument } from '../core/format/documents.js'
import { claimIn, type Claim } from '../core/rotation/claim.js'
import type { Time } from '../core/time.js'
import { lastChanged } from './documents/secretTimes.js'
import type { Secret } from './secret.js'

const FIELDS = [
  'arn',
  'created',
  'deletion',
  'description',
  'key',
  'replicas',
  'rotated',
  'rotation',
  'tags',
  'type'
] as const

/** The parts of an accepted secret that lists, filters and schedules need. Small, because a vault may have many. */
export interface ListedSecret extends Pick<Secret, 'name' | 'arn' | 'primary'> {
  readonly document: Pick<SecretDocument, (typeof FIELDS)[number]>
  readonly stages: {
    readonly labels: ReadonlyMap<string, { readonly version: string }>
    /** Those that a label is on, in the order of stages.yaml. */
    readonly versions: ReadonlyMap<string, { readonly created: Time }>
  }
  /** LastChangedDate. */
  readonly changed: Time
  /** The rotation that is not complete, if there is one. */
  readonly claim?: Claim
}

export function listed(secret: Secret): ListedSecret {
  const { name, arn, primary, document, stages } = secret
  const isLabelled = new Set([...stages.labels.values()].map(({ version }) => version))
  const versions = [...stages.versions].flatMap(([id, { created }]) =>
    isLabelled.has(id) ? [[id, { created }] as const] : []
  )
  const claim = claimIn(stages)
  const fields = FIELDS.flatMap(field => (document[field] === undefined ? [] : [[field, document[field]]]))
  return {
    name,
    arn,
    ...(primary === undefined ? {} : { primary }),
    document: Object.fromEntries(fields) as ListedSecret['document'],
    stages: {
      labels: new Map([...stages.labels].map(([label, { version }]) => [label, { version }])),
      versions: new Map(versions)
    },
    changed: lastChanged(secret),
    ...(claim ? { claim } : {})
  }
}

/** As JSON: for `parseListed`. */
export function formatListed({ name, arn, document, stages, changed, claim }: ListedSecret): string {
  const labels = [...stages.labels].map(([label, { version }]) => [label, version])
  const versions = [...stages.versions].map(([id, { created }]) => [id, created])
  return JSON.stringify([name, arn, document, labels, versions, changed, ...(claim ? [claim] : [])])
}

/** @param text of `formatListed`, undamaged */
export function parseListed(text: string): ListedSecret {
  const [name, arn, document, labels, versions, changed, claim] = JSON.parse(text) as readonly [
    string,
    string,
    ListedSecret['document'],
    [string, string][],
    [string, Time][],
    Time,
    Claim?
  ]
  return {
    ...{ name, arn, document, changed },
    ...(claim ? { claim } : {}),
    stages: {
      labels: new Map(labels.map(([label, version]) => [label, { version }])),
      versions: new Map(versions.map(([id, created]) => [id, { created }]))
    }
  }
}
