import type { Lab } from './lab.js'

export const KINDS: readonly string[]
export const COMMANDS: Readonly<Record<string, { readonly args: string[] }>>
export function sweep(
  lab: Lab,
  name: string,
  options?: { readonly every?: number; readonly offset?: number; readonly jobs?: number }
): Promise<{ readonly calls: number; readonly faults: number; readonly failures: readonly string[] }>
