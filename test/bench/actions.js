import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { manyValues, nameOf, valueOf } from './names.js'
import { run } from './processes.js'

export const NODE = 'node -e 0'
export const HELP = '--help'
export const GET = 'get-secret-value'
export const RUN = 'run, with one secret'
export const RUN_MANY = 'run, with 200 values'
export const RUN_SEPARATE = 'run, with 200 secrets'
export const PUT = 'put-secret-value'
export const COMMIT = 'git add + git commit'
export const PUT_NEST = 'put-secret-value, large vault'
export const PUT_FLAT = 'put-secret-value, large and flat'

/**
 * The timed commands of git-vault, and the commands that they are compared with.
 * @param {import('./sandbox.js').Sandbox} sandbox
 */
export function vaultActions(sandbox) {
  const program = (...args) => sandbox.vault(...args)
  let puts = 0
  let members = 0

  return {
    node: () => ({
      name: NODE,
      commands: () => [{ file: process.execPath, args: ['-e', '0'], cwd: sandbox.folder, env: sandbox.env }]
    }),

    help: () => ({
      name: HELP,
      commands: () => [{ ...program(sandbox.folder, '--help'), expected: 'Usage' }]
    }),

    import: () => {
      const source = `import ${JSON.stringify(pathToFileURL(sandbox.library).href)}`
      const args = ['--input-type=module', '-e', source]
      return {
        name: "import 'git-vault'",
        commands: () => [{ file: process.execPath, args, cwd: sandbox.folder, env: sandbox.env }]
      }
    },

    init: () => ({
      name: 'init, with git init',
      commands() {
        const folder = join(sandbox.folder, 'init')
        rmSync(folder, { recursive: true, force: true })
        mkdirSync(folder)
        return [{ ...program(folder, 'init', '--yes', '--member', 'bench'), expected: 'created vault' }]
      }
    }),

    get: (name, vault, layout) => ({
      name,
      commands: () => [
        {
          ...program(vault, 'get-secret-value', '--secret-id', nameOf(layout, 0)),
          expected: 'correct-horse-'
        }
      ]
    }),

    run: (vault, layout) => ({
      name: RUN,
      commands: () => [
        {
          ...program(vault, 'run', nameOf(layout, 0), '--', 'printenv', 'password'),
          expected: 'correct-horse-'
        }
      ]
    }),

    /** Stores a secret with 200 fields before the clock starts. */
    runMany(vault) {
      const values = manyValues()
      run(program(vault, 'create-secret', '--name', 'many', '--secret-string', JSON.stringify(values)))
      return {
        name: RUN_MANY,
        commands: () => [
          { ...program(vault, 'run', 'many', '--', 'printenv', 'VAR_199'), expected: values.VAR_199 }
        ]
      }
    },

    /** @param vault has the secret of `runMany`, and gets one for each of its values */
    runSeparate(vault) {
      const values = manyValues()
      const file = join(vault, '..', 'separate.json')
      writeFileSync(file, JSON.stringify(values))
      run(program(vault, 'import', file, '--prefix', 'separate/', '--yes'))
      const variables = Object.keys(values).flatMap(name => ['--env', `${name}=separate/${name}`])
      return {
        name: RUN_SEPARATE,
        commands: () => [
          { ...program(vault, 'run', ...variables, '--', 'printenv', 'VAR_199'), expected: values.VAR_199 }
        ]
      }
    },

    describe: vault => ({
      name: 'describe-secret',
      commands: () => [
        { ...program(vault, 'describe-secret', '--secret-id', nameOf('nest', 0)), expected: 'AWSCURRENT' }
      ]
    }),

    list: (name, vault, size) => ({
      name,
      commands: () => [{ ...program(vault, 'list-secrets'), expected: nameOf('nest', size - 1) }]
    }),

    verify: (name, vault, size) => ({
      name,
      commands: () => [
        {
          ...program(vault, 'verify'),
          expected: `verified ${size} secrets, ${size} versions, 1 key; 0 problems`
        }
      ]
    }),

    /** Puts go round twenty secrets, so that no secret gets many versions. */
    put(name, vault, layout) {
      let index = 0
      return {
        name,
        commands() {
          const args = [
            '--secret-id',
            nameOf(layout, index++ % 20),
            '--secret-string',
            valueOf(`put-${puts++}`)
          ]
          return [{ ...program(vault, 'put-secret-value', ...args), expected: 'VersionId' }]
        }
      }
    },

    /** Admits a new member each time. Their identity is made before the clock starts. */
    admit(name, vault) {
      return {
        name,
        commands() {
          const member = `m${members++}`
          const file = join(sandbox.folder, `${member}.yaml`)
          const output = run(program(sandbox.folder, 'identity', 'new', '--no-passphrase', '--file', file))
          const [key] = /gvpub1_\S+/.exec(output)
          const args = ['member', 'add', member, key, '--key', 'default', '--allow', 'decrypt,encrypt']
          return [{ ...program(vault, ...args), expected: 'invitation' }]
        }
      }
    },

    /**
     * Adds and commits the same bytes as the put of this round, with git alone, as a user would do by hand.
     * @param vault the clone in which the put was made
     * @param twin another clone of it
     */
    commit: (vault, twin) => ({
      name: COMMIT,
      commands() {
        const git = (...args) => run(sandbox.git(vault, ...args))
        const changed = git('diff-tree', '-r', '-z', '--no-commit-id', '--name-status', 'HEAD').split('\0')
        const paths = []
        for (let at = 0; at + 1 < changed.length; at += 2) {
          const path = changed[at + 1]
          const file = join(twin, path)
          paths.push(path)
          if (changed[at] === 'D') rmSync(file)
          else {
            mkdirSync(dirname(file), { recursive: true })
            writeFileSync(file, git('show', `HEAD:${path}`))
          }
        }
        return [
          sandbox.git(twin, 'add', '-A', '--', ...paths),
          sandbox.git(twin, 'commit', '-q', '-m', git('log', '-1', '--format=%B'))
        ]
      }
    })
  }
}
