import type { Key } from '../core/access/access.js'
import type { SecretDocument, StagesDocument } from '../core/format/documents.js'
import type { Stages } from '../core/versions/stages.js'
import type { SecretPlace } from './documents/place.js'
import type { Unusable } from './documents/skipped.js'

/** A secret whose documents were accepted. */
export interface Secret {
  readonly name: string
  /** The ARN in the region that was asked. The documents of a replica have the ARN of another region. */
  readonly arn: string
  /** For a replica: the region of its primary. */
  readonly primary?: string
  readonly place: SecretPlace
  readonly key: Key
  readonly document: SecretDocument
  readonly stagesDocument: StagesDocument
  readonly stages: Stages
  /** Whether the signer of stages.yaml holds `manage`: see `SignedState`. */
  readonly manages: boolean
}

/** An accepted secret, or why it was refused. */
export type SecretResult = { readonly secret: Secret } | Unusable
