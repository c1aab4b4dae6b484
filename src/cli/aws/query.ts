import { UsageError } from '../usage.js'
import type { Plain } from './plain.js'

export type Query = (data: Plain) => Plain

/** A JMESPath expression, read before anything is done, so that a mistake in it costs nothing. */
export async function compileQuery(expression: string | undefined): Promise<Query> {
  if (expression === undefined) return data => data
  const { compile, TreeInterpreter } = await import('@jmespath-community/jmespath')
  try {
    const tree = compile(expression)
    return data => failing(expression, () => TreeInterpreter.search(tree, data))
  } catch (error) {
    throw bad(expression, error)
  }
}

function failing(expression: string, search: () => Plain): Plain {
  try {
    return search() ?? null
  } catch (error) {
    throw bad(expression, error)
  }
}

function bad(expression: string, error: unknown): UsageError {
  const reason = error instanceof Error ? error.message : String(error)
  return new UsageError('input', `Bad value for --query ${expression}: ${reason}`)
}
