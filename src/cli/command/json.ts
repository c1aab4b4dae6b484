import type { Parsed } from '../arguments/arguments.js'

/** The option of every command that prints facts. */
export const jsonOption = { json: { kind: 'flag' } } as const

/** The same, for commands that had `--output json` before. */
export const jsonOptions = { ...jsonOption, output: { kind: 'value', choices: ['text', 'json'] } } as const

export const isJson = (parsed: Parsed): boolean => parsed.has('json') || parsed.text('output') === 'json'
