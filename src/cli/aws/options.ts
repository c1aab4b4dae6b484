import type { OperationName } from '../../core/generated/operations.js'
import type { Structure } from '../../core/shape.js'
import type { Option, Options } from '../arguments/arguments.js'
import { kebab } from './names.js'
import { pagedList, pagingOptions } from './paginate.js'

/** Returns the options of one operation's command, without the global options. */
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
      // like the AWS CLI, parse an `integer` later, with another error message
      options[flag] = { kind: shape.type === 'long' ? 'integer' : 'value' }
    }
  }
  return {
    ...options,
    'cli-input-json': { kind: 'value' },
    'cli-input-yaml': { kind: 'value' },
    'generate-cli-skeleton': {
      kind: 'optional',
      default: 'input',
      choices: ['input', 'output', 'yaml-input']
    },
    ...(pagedList(name) === undefined ? {} : pagingOptions),
    // git-vault's own
    ...(name === 'RotateSecret' ? { 'no-wait': { kind: 'flag' } as const } : {})
  }
}
