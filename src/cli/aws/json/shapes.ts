import type { Plain } from './plain.js'

export type Fields = { [key: string]: Plain }

export const isFields = (value: Plain): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isScalar = (value: Plain): boolean => typeof value !== 'object' || value === null
