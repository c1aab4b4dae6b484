import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nameOf, valueOf } from './names.js'
import { run } from './processes.js'

export const NODE = 'node -e 0'
export const HELP = '--help'
export const GET = 'get-secret-value'
export const PUT = 'put-secret-value'
export const COMMIT = 'git add + git commit'
export const PUT_NEST = 'put-secret-value, large vault'
export const PUT_FLAT = 'put-secret-value, large and flat'

/**
 * What is timed of git-vault, and what it is held against.
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
        return [{ ...program(folder, 'init', '--yes', '--member', 'bench'), expected: 'made the vault' }]
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

    /** Each put is of another of twenty secrets, so that none grows long. */
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

    /** Each is somebody else, whose identity is made beforehand. */
    admit(name, vault) {
      return {
        name,
        commands() {
          const who = `m${members++}`
          const file = join(sandbox.folder, `${who}.yaml`)
          const said = run(program(sandbox.folder, 'identity', 'new', '--no-passphrase', '--file', file))
          const [key] = /gvpub1_\S+/.exec(said)
          const args = ['member', 'add', who, key, '--key', 'default', '--allow', 'decrypt,encrypt']
          return [{ ...program(vault, ...args), expected: 'invitation' }]
        }
      }
    },

    /**
     * What a user would do by hand: the same files with the same bytes, added and committed.
     * @param vault where the put of this round was made
     * @param twin a clone of it
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
