import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NODE_SHIM, PYTHON_SHIM } from '../../../src/system/run/shims.js'
import { scratch } from '../../vault/fixture.js'

const folder = scratch('shims')
const node = join(folder, 'handler.mjs')
const python = join(folder, 'handler.py')
writeFileSync(node, 'export const handler = async () => console.log("ran")')
writeFileSync(python, 'def handler(event, context):\n    print("ran")\n')

it.each([
  ['node', process.execPath, ['-e', NODE_SHIM, '--', node]],
  ['python', 'python3', ['-c', PYTHON_SHIM, python]]
])('a handler does not run for a program that is gone: %s', (_, program, args) => {
  const run = (parent: number) =>
    spawnSync(program, [...args, 'handler', 'name', 'arn', 'id', '60000', String(parent)], { input: '{}' })
  const own = run(process.pid)
  expect({ code: own.status, output: own.stdout.toString() }).toEqual({ code: 0, output: 'ran\n' })
  const other = run(process.ppid)
  expect({ code: other.status, output: other.stdout.toString() }).toEqual({ code: 1, output: '' })
})
