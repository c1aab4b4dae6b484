import type { Lab } from './lab.js'

/** The file systems that are tried, or skipped by name. */
export const FILE_SYSTEMS: readonly string[]
export function allPowerCuts(
  lab: Lab,
  rounds: number,
  print?: (line: string) => void,
  systems?: readonly string[],
  indexes?: readonly string[]
): Promise<{ readonly cuts: number; readonly failures: readonly string[] }>
