import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'

export type Query = (data: Plain) => Plain

/** A JMESPath expression, read before anything is done, so that a mistake in it costs nothing. */
export async function compileQuery(expression: string | undefined): Promise<Query> {
  if (expression === undefined) return data => data
  const { parse } = await import('./jmespath/parser.js')
  const { Expression } = await import('./jmespath/values.js')
  const { JmespathFault } = await import('./jmespath/fault.js')
  const guarded = <T>(kind: 'input' | 'other', before: string, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw error instanceof JmespathFault ? new UsageError(kind, before + error.message) : error
    }
  }
  const { run } = guarded('input', `Bad value for --query ${expression}: `, () => parse(expression))
  return data => {
    const found = guarded('other', '', () => run(data))
    if (found instanceof Expression) {
      throw new UsageError('other', 'Encountered unrecognized type in JSON encoder.')
    }
    return found
  }
}
