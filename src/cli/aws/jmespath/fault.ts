/** An expression that cannot be read or carried out, in the words of Python's jmespath. */
export class JmespathFault extends Error {
  override readonly name = 'JmespathFault'
}

/** With the place in the expression that it is about. */
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
