import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { AWS, hasAws, PROGRAM, Service } from './faces.js'

const SCRIPT = fileURLToPath(new URL('script.sh', import.meta.url))
const services: Service[] = []
afterAll(async () => {
  await Promise.all(services.map(service => service.stop()))
})

/** Runs the script over a vault of its own. */
async function run(command: string): Promise<string[]> {
  const service = await Service.start()
  services.push(service)
  const env = {
    ...process.env,
    ...service.environment,
    SM: command,
    AWS_PAGER: '',
    TZ: 'UTC',
    COLUMNS: '80'
  }
  const output = await new Promise<string>((resolve, reject) => {
    const cwd = join(service.vault.root, 'script')
    mkdirSync(cwd)
    const options = { cwd, env, maxBuffer: 1 << 26 }
    execFile('bash', [SCRIPT], options, (error, stdout, stderr) =>
      error || stderr !== '' ? reject(new Error(`${error?.message ?? ''}\n${stderr}`)) : resolve(stdout)
    )
  })
  return normalised(output).split('\n$ ')
}

/** Without what is drawn anew each time: ids and dates. */
function normalised(output: string): string {
  return output
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'ID')
    .replace(/(secret:app\/[a-z]+)-[A-Za-z0-9]{6}\b/g, '$1-SUFFIX')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"|\b1[78]\d{8}(?:\.\d+)?\b/g, 'DATE')
}

/**
 * Only version 1 of the AWS CLI is a Python package. git-vault has the exit codes of version 2: 254 where the service
 * refuses and 252 where the command line is wrong, which version 1 has as 255 and 2. The usage, and version 1's word
 * for version 2 in it, name the program.
 */
function asVersion2(step: string): string {
  const isRefused = /^stderr: An error occurred \(/m.test(step)
  return step
    .replace(
      /^(?:stderr: \n)?stderr: usage: [^]*?(?=^stderr: (?:aws|git-vault): error: |^stderr: Unknown options)/m,
      ''
    )
    .replace(/^stderr: (?:aws|git-vault): error: /m, 'stderr: error: ')
    .replace(/^exit code 255$/m, isRefused ? 'exit code 254' : 'exit code 252')
    .replace(/^exit code 2$/m, 'exit code 252')
}

it.skipIf(!hasAws)(
  'a script gives the same with `aws secretsmanager` and with `git-vault`, errors and exit codes included',
  async () => {
    const [aws, gitVault] = [await run(`${AWS} secretsmanager`), await run(`${process.execPath} ${PROGRAM}`)]
    expect(aws.length).toBeGreaterThan(45)
    for (const [at, step] of aws.entries()) expect(asVersion2(gitVault[at] ?? '')).toBe(asVersion2(step))
    expect(gitVault).toHaveLength(aws.length)
  },
  180_000
)
