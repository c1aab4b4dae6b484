import { isArnOf, formatArn } from '../../src/core/service/name.js'

const REGIONS = [
  'local',
  'us-east-1',
  'us-gov',
  'cn-north-1',
  'us-gov-west-1',
  'eusc-de-east-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1'
]

export function arnVectors() {
  const parts = { account: '000000000000', name: 'prod/db', suffix: 'AbC123' }
  const written = REGIONS.map(region => ({ region, ...parts, arn: formatArn({ region, ...parts }) }))
  const partitions = [...new Set(written.map(({ arn }) => arn.split(':')[1] ?? ''))]
  const all = written.flatMap(one =>
    partitions.map(partition => ({ ...one, arn: one.arn.replace(/^arn:[^:]*/, `arn:${partition}`) }))
  )
  return {
    written,
    accepted: all.filter(({ arn, ...of }) => isArnOf(arn, of)),
    refused: all.filter(({ arn, ...of }) => !isArnOf(arn, of))
  }
}
