/** An expression that cannot be parsed or evaluated, in the words of Python's jmespath. */
export class JmespathFault extends Error {
  override readonly name = 'JmespathFault'
}

/** Returns the error with its position in the expression. */
export function parseFault(
  reason: string,
  token: { at: number; value: unknown; type: string },
  expression: string
): JmespathFault {
  return new JmespathFault(
    `${reason}: Parse error at column ${token.at}, token "${String(token.value)}" (${token.type.toUpperCase()}), ` +
      `for expression:\n"${expression}"\n${' '.repeat(token.at + 1)}^`
  )
}

export const incomplete = (expression: string): JmespathFault =>
  new JmespathFault(
    `Invalid jmespath expression: Incomplete expression:\n"${expression}"\n${' '.repeat([...expression].length + 1)}^`
  )
