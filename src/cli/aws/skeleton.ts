import type { Shape } from '../../core/shape.js'

/** What `--generate-cli-skeleton` prints: the request's form, to be filled in for `--cli-input-json`. */
export function skeleton(shape: Shape): unknown {
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members).map(([name, member]) => [name, skeleton(member)])
      )
    case 'list':
      return [skeleton(shape.member)]
    case 'map':
      return { KeyName: skeleton(shape.value) }
    case 'string':
      // The AWS CLI draws one of the choices at random; the first makes the same skeleton each time.
      return shape.enum?.[0] ?? ''
    case 'integer':
    case 'long':
      return 0
    case 'boolean':
      return true
    case 'blob':
      return ''
    case 'timestamp':
      return '1970-01-01T00:00:00'
  }
}
