/** AWS's partitions by the beginning of a region's name (FORMAT.md, "Strings, numbers and times"). */
const PARTITIONS: readonly (readonly [beginning: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f']
]

/** The partition of every region that is not in the table, and of every ARN of earlier versions of git-vault. */
export const AWS = 'aws'

/** The partition in the ARNs of a region. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([beginning]) => region.startsWith(beginning))?.[1] ?? AWS
}

/** The ARN of a credential. The partition is that of the home region, whatever region a request is for: an account is in one. */
export function userArn(name: string, { account, home }: { account: string; home: string }): string {
  return `arn:${partitionOf(home)}:iam::${account}:user/${name}`
}

/** Whether a secret's ARN in the region may have the partition: the region's own, or `aws`. */
export function isPartition(partition: string, region: string): boolean {
  return partition === AWS || partition === partitionOf(region)
}

/**
 * An ARN as it is, followed by its other spelling if it may have one: with `aws` instead of its region's partition, or the
 * reverse. Any other text is returned as it is.
 */
export function spellings(arn: string): readonly [string, ...string[]] {
  const [, partition, rest, region = ''] = /^arn:(aws[a-z-]*)(:[^:]*:([^:]*):.*)$/s.exec(arn) ?? []
  if (partition === undefined || rest === undefined) return [arn]
  const other = partition === AWS ? partitionOf(region) : AWS
  return other === partition ? [arn] : [arn, `arn:${other}${rest}`]
}

/** An ARN with the partition `aws`, for comparing ARNs of one account. Any other text is returned as it is. */
export function oneSpelling(arn: string): string {
  return arn.replace(/^arn:aws[a-z-]*:/, `arn:${AWS}:`)
}
