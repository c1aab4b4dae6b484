import { describe, expect, it } from 'vitest'
import { gitVerbs, verbs } from '../../src/cli/verbs.js'
import { operations } from '../../src/core/generated/operations.js'
import { run } from './world.js'

const implemented = ['create-secret', 'get-secret-value', 'list-secrets', 'put-secret-value']

describe('help', () => {
  it('of the program', async () => {
    const { stdout, code } = await run(['--help'])
    expect(code).toBe(0)
    await expect(stdout).toMatchFileSnapshot('golden/help.txt')
    expect((await run(['help'])).stdout).toBe(stdout)
    expect((await run(['-h'])).stdout).toBe(stdout)
    expect(await run([])).toMatchObject({ code: 252, stdout: '', stderr: stdout })
  })

  it.each([...Object.keys({ ...verbs, ...gitVerbs }), ...implemented])('of %s', async command => {
    const { stdout, stderr, code } = await run([command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await expect(stdout).toMatchFileSnapshot(`golden/${command}.txt`)
    expect((await run(['help', command])).stdout).toBe(stdout)
    expect((await run([command, 'help'])).stdout).toBe(stdout)
    expect((await run([command, '-h'])).stdout).toBe(stdout)
  })

  it('fits 80 columns', async () => {
    for (const command of ['', ...Object.keys({ ...verbs, ...gitVerbs })]) {
      const { stdout } = await run(command === '' ? ['--help'] : [command, '--help'])
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    }
  })

  it('exists for every operation', async () => {
    for (const name of Object.keys(operations)) {
      const command = name.replace(/(?<=[a-z])[A-Z]/g, letter => `-${letter}`).toLowerCase()
      const { stdout } = await run([command, '--help'])
      expect(stdout).toMatch(new RegExp(`^Usage: git-vault ${command} \\[options\\]\n`))
    }
  })

  it('prints the version', async () => {
    expect((await run(['--version'])).stdout).toBe('git-vault development\n')
  })
})
