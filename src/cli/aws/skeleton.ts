import type { Shape } from '../../core/shape.js'

/** Returns the output of `--generate-cli-skeleton`: a request to fill in for `--cli-input-json`. */
export function skeleton(shape: Shape): unknown {
  // the AWS CLI picks a random choice; the first one gives the same skeleton each time
  return fill(shape, '', text => text.enum?.[0] ?? '')
}

/** Returns the output of `--generate-cli-skeleton output`: a response in which each text is its member's name. */
export function outputSkeleton(shape: Shape): unknown {
  return fill(shape, '', (_, name) => name)
}

type Text = Extract<Shape, { type: 'string' }>

function fill(shape: Shape, name: string, text: (shape: Text, name: string) => string): unknown {
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members).map(([member, part]) => [member, fill(part, member, text)])
      )
    case 'list':
      return [fill(shape.member, name || 'Member', text)]
    case 'map':
      return { KeyName: fill(shape.value, '', text) }
    case 'string':
      return text(shape, name)
    case 'integer':
    case 'long':
      return 0
    case 'boolean':
      return true
    case 'blob':
      return null
    case 'timestamp':
      return '1970-01-01T00:00:00'
  }
}
