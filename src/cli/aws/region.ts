import type { Parsed } from '../arguments/arguments.js'
import type { Io } from '../terminal/io.js'
import { UsageError } from '../arguments/usage.js'

/** A valid label of a host name, because the region becomes part of the endpoint's host name. */
const REGION = /^(?![0-9]+$)(?!-)[a-zA-Z0-9-]{0,63}(?<!-)$/

export interface RequestedRegion {
  readonly region: string
  /** The environment variable that it comes from; absent if it comes from `--region`. */
  readonly variable?: string
}

/**
 * Returns the region of `--region`, or else of the environment; `undefined` for the vault's home region. Throws
 * `UsageError`, in the AWS CLI's words, if it is not a valid region name.
 */
export function requestedRegion(parsed: Parsed, io: Io): RequestedRegion | undefined {
  const flag = parsed.text('region')
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find(name => io.env[name])
  if (flag === undefined && variable === undefined) return undefined
  const region = flag ?? io.env[variable!]!
  if (region === '') throw new UsageError('other', 'Invalid endpoint: https://secretsmanager..amazonaws.com')
  if (!REGION.test(region)) {
    throw new UsageError('other', `Provided region_name '${region}' doesn't match a supported format.`)
  }
  return flag === undefined ? { region, variable: variable! } : { region }
}
