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

/** Runs the script with a new vault. */
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

/** Replaces ids and dates, which differ in every run. */
function normalised(output: string): string {
  return output
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'ID')
    .replace(/(secret:app\/[a-z]+)-[A-Za-z0-9]{6}\b/g, '$1-SUFFIX')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"|\b1[78]\d{8}(?:\.\d+)?\b/g, 'DATE')
}

/**
 * Only version 1 of the AWS CLI is a Python package. git-vault has the exit codes of version 2: 254 for an
 * error of the service and 252 for a wrong command line. Version 1 has 255 and 2. The usage text, and what
 * version 1 says about version 2 in it, name the program.
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
  'a script has the same output with `aws secretsmanager` and `git-vault`, errors and exit codes included',
  async () => {
    const [aws, gitVault] = [await run(`${AWS} secretsmanager`), await run(`${process.execPath} ${PROGRAM}`)]
    expect(aws.length).toBeGreaterThan(45)
    for (const [at, step] of aws.entries()) expect(asVersion2(gitVault[at] ?? '')).toBe(asVersion2(step))
    expect(gitVault).toHaveLength(aws.length)
  },
  180_000
)
