import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => fs.readFileSync(join(root, path), 'utf8')

describe('the action that installs git-vault', () => {
  const { runs } = parse(read('.github/install/action.yml')) as {
    runs: { using: string; steps: { shell: string; run: string; env: Record<string, string> }[] }
  }

  /** Runs its steps with a program that prints a version. */
  function run(more: { sha256?: string; url?: string } = {}) {
    const folder = fs.mkdtempSync(join(tmpdir(), 'git-vault-action-'))
    onTestFinished(() => removeFolder(folder))
    const program = join(folder, 'a program')
    fs.writeFileSync(program, '#!/bin/sh\necho git-vault 0.0.0\n')
    const inputs: Record<string, string> = {
      url: pathToFileURL(program).href,
      sha256: createHash('sha256').update(fs.readFileSync(program)).digest('hex'),
      ...more
    }
    const paths = join(folder, 'paths')
    const [step, ...others] = runs.steps
    expect(others).toEqual([])
    const env = Object.fromEntries(
      Object.entries(step!.env).map(([name, value]) => [
        name,
        value.replace(/\$\{\{ inputs\.(\w+) \}\}/, (_, input: string) => inputs[input]!)
      ])
    )
    const done = spawnSync(step!.shell, ['-e', '-c', step!.run], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH']!, RUNNER_TEMP: folder, GITHUB_PATH: paths, ...env }
    })
    return { ...done, path: fs.existsSync(paths) ? fs.readFileSync(paths, 'utf8').trim() : undefined }
  }

  it('puts a program with the right sum on PATH', () => {
    const { status, stdout, path } = run()
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'git-vault 0.0.0\n' })
    expect(fs.statSync(join(path!, 'git-vault')).mode & 0o777).toBe(0o755)
  })

  it('neither runs nor keeps on PATH another program', () => {
    for (const sha256 of ['0'.repeat(64), ''])
      expect(run({ sha256 })).toMatchObject({
        stdout: expect.not.stringContaining('git-vault 0'),
        path: undefined
      })
    expect(run({ url: 'file:///none' }).status).not.toBe(0)
  })

  it('puts no input into a script, where it would be code', () => {
    expect(runs.using).toBe('composite')
    for (const { run: script } of runs.steps) expect(script).not.toContain('${{')
  })
})

it('the container has git-vault and git, and is no administrator', () => {
  const lines = read('.ci/Dockerfile')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  const of = (word: string) => lines.filter(line => line.startsWith(`${word} `))
  expect(lines.map(line => line.split(' ')[0])).toEqual(
    'ARG FROM RUN ARG COPY USER WORKDIR ENTRYPOINT'.split(' ')
  )
  const installed = /install --yes --no-install-recommends ([\w -]+?) &&/.exec(of('RUN')[0]!)
  expect(installed?.[1]).toBe('git openssh-client ca-certificates')
  // by number, so that Kubernetes can check that it is not root
  expect(of('USER')).toEqual(['USER 10001:10001'])
  expect(of('RUN')[0]).toContain('useradd --uid 10001 ')
  expect(of('COPY')[0]).toMatch(/--chown=root:root --chmod=755 .* \/usr\/local\/bin\/git-vault$/)
})
