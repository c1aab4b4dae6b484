import type { Parsed } from '../arguments/arguments.js'
import type { Io } from '../terminal/io.js'
import { UsageError } from '../arguments/usage.js'

/** A label of a host's name, for it becomes a part of the endpoint's. */
const REGION = /^(?![0-9]+$)(?!-)[a-zA-Z0-9-]{0,63}(?<!-)$/

export interface Asked {
  readonly region: string
  /** Where it comes from, if not from `--region`. */
  readonly variable?: string
}

/** The region that is asked for: `--region`, else the environment's. None: the vault's home region. */
export function askedRegion(parsed: Parsed, io: Io): Asked | undefined {
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
