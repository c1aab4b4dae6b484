/** The operations that answer; the model names more. Apart from their functions, so that asking loads none of them. */
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

/** Whether an operation commits something. */
export function writes(operation: string): boolean {
  return !READS.test(operation)
}
