import { expect, it } from 'vitest'
import { globalOptions, splitLeading } from '../../src/cli/aws/globals.js'
import { commandName } from '../../src/cli/commandName.js'
import type { Options } from '../../src/cli/arguments/arguments.js'

const COMMAND = ['get', 'name', '--debug', '-C', 'other']

it.each(Object.entries(globalOptions as Options))('is found after --%s', (name, { kind }) => {
  const options = kind === 'flag' ? [[`--${name}`]] : [[`--${name}`, 'value'], [`--${name}=value`]]
  for (const option of options) {
    for (const leading of [option, ['secretsmanager', ...option], [...option, '-C', 'dir', ...option]]) {
      const argv = [...leading, ...COMMAND]
      expect(splitLeading(argv).rest).toEqual(COMMAND)
      expect(commandName(argv)).toBe('get')
    }
  }
})

it('is empty if there is none', () => {
  for (const argv of [[], ['-C'], ['-C', 'dir'], ['--region'], ['secretsmanager'], ['--debug']])
    expect(commandName(argv)).toBe('')
})
