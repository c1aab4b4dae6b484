import type { OperationName } from '../../core/generated/operations.js'
import type { Structure } from '../../core/shape.js'
import type { Option, Options } from '../arguments.js'
import { globalOptions } from './globals.js'
import { kebab } from './names.js'
import { paging, pagingOptions } from './paginate.js'

/** Everything one operation's command takes. */
export function operationOptions(name: OperationName, input: Structure): Options {
  const options: Record<string, Option> = {}
  for (const [member, shape] of Object.entries(input.members)) {
    const flag = kebab(member)
    if (shape.type === 'boolean') {
      options[flag] = { kind: 'flag' }
      options[`no-${flag}`] = { kind: 'flag', clears: flag }
    } else if (shape.type === 'list') {
      options[flag] = { kind: 'values' }
    } else {
      options[flag] = { kind: shape.type === 'integer' || shape.type === 'long' ? 'integer' : 'value' }
    }
  }
  return {
    ...globalOptions,
    ...options,
    'cli-input-json': { kind: 'value' },
    'generate-cli-skeleton': { kind: 'optional', default: 'input', choices: ['input'] },
    ...(paging(name) === undefined ? {} : pagingOptions)
  }
}
