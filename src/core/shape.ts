/** A shape of the service's model, references resolved. Lengths are in Unicode characters. */
export type Shape =
  | {
      type: 'string'
      min?: number
      max?: number
      pattern?: string
      enum?: readonly string[]
      sensitive?: boolean
      idempotencyToken?: boolean
    }
  | { type: 'blob'; min?: number; max?: number; sensitive?: boolean }
  | { type: 'integer' | 'long'; min?: number; max?: number }
  | { type: 'boolean' | 'timestamp' }
  | { type: 'list'; member: Shape; min?: number; max?: number }
  | { type: 'map'; key: Shape; value: Shape }
  | Structure

export interface Structure {
  type: 'structure'
  required?: readonly string[]
  members: Readonly<Record<string, Shape>>
}

export interface Operation {
  readonly input: Structure
  readonly output: Structure
  /**
   * The errors that the model lists. ValidationException and AccessDeniedException can always occur as well.
   */
  readonly errors: readonly string[]
}
