/**
 * The operations of the model that are implemented. Separate from their functions, so that the list loads no
 * code.
 */
export const implemented = [
  'BatchGetSecretValue',
  'CancelRotateSecret',
  'CreateSecret',
  'DeleteResourcePolicy',
  'DeleteSecret',
  'DescribeSecret',
  'GetRandomPassword',
  'GetResourcePolicy',
  'GetSecretValue',
  'ListSecretVersionIds',
  'ListSecrets',
  'PutResourcePolicy',
  'PutSecretValue',
  'RemoveRegionsFromReplication',
  'ReplicateSecretToRegions',
  'RestoreSecret',
  'RotateSecret',
  'StopReplicationToReplica',
  'TagResource',
  'UntagResource',
  'UpdateSecret',
  'UpdateSecretVersionStage',
  'ValidateResourcePolicy'
] as const

export type Implemented = (typeof implemented)[number]

const READS = /^(?:BatchGet|Get|List|Describe|Validate)/

/** Whether an operation can make a commit. */
export function writes(operation: string): boolean {
  return !READS.test(operation)
}
