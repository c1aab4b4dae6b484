/** The operations that answer; the model names more. Apart from their functions, so that asking loads none of them. */
export const implemented = [
  'CreateSecret',
  'DescribeSecret',
  'GetSecretValue',
  'ListSecretVersionIds',
  'ListSecrets',
  'PutSecretValue',
  'UpdateSecretVersionStage'
] as const

export type Implemented = (typeof implemented)[number]

const READS = /^(?:Get|List|Describe)/

/** Whether an operation commits something. */
export function writes(operation: string): boolean {
  return !READS.test(operation)
}
