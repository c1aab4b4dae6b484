import { expect, it } from 'vitest'
import { run } from './world.js'

const arn = (name: string) => `arn:aws:secretsmanager:local:000000000000:secret:${name}-AbCdEf`

it('gc prints what it removed, and that git history still has it', async () => {
  const purge = async () => [arn('a'), arn('b/c')]
  const { code, stdout, stderr } = await run(['gc'], { services: { purge } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(
    `removed ${arn('a')}\nremoved ${arn('b/c')}\n` +
      "git's history still has their ciphertexts, and anyone who could decrypt them still can\n"
  )
})

it('gc reports that there is nothing to remove', async () => {
  const { code, stdout } = await run(['gc'], { services: { purge: async () => [] } })
  expect(code).toBe(0)
  expect(stdout).toBe('nothing to remove: no secret is past its recovery window\n')
})

it('gc takes no words', async () => {
  const { code, stderr } = await run(['gc', 'prod/db'])
  expect(code).toBe(252)
  expect(stderr).toContain("gc does not take 'prod/db'")
})
