import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'

export type Query = (data: Plain) => Plain

/** Compiles a JMESPath expression before the operation runs, so that a mistake in it has no effect. Throws `UsageError`. */
export async function compileQuery(expression: string | undefined): Promise<Query> {
  if (expression === undefined) return data => data
  const { parse } = await import('./jmespath/parser.js')
  const { Expression } = await import('./jmespath/values.js')
  const { JmespathFault } = await import('./jmespath/fault.js')
  const guarded = <T>(kind: 'input' | 'other', prefix: string, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw error instanceof JmespathFault ? new UsageError(kind, prefix + error.message) : error
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
