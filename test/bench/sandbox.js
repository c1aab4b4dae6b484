import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const project = fileURLToPath(new URL('../..', import.meta.url))

/** A folder for all files of a run, and an environment that neither reads nor changes the user's own settings. */
export class Sandbox {
  // The name is short because GnuPG's agent has sockets in here, whose paths may have at most 107 bytes.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gvb-')))
  env = isolated(this.folder)
  /** The measured copy of the program. A build during the run does not affect it. */
  program = join(this.folder, 'program')

  constructor() {
    for (const name of ['home', 'gnupg', 'program']) mkdirSync(join(this.folder, name), { mode: 0o700 })
    writeFileSync(
      this.env.GIT_CONFIG_GLOBAL,
      '[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n'
    )
    for (const path of ['bin/git-vault.js', 'bin/package.json', 'dist', 'package.json'])
      cpSync(join(project, path), join(this.program, path), { recursive: true })
    symlinkSync(join(project, 'node_modules'), join(this.program, 'node_modules'), 'junction')
  }

  /** Returns a `Command` that runs git-vault. */
  vault(cwd, ...args) {
    return {
      file: process.execPath,
      args: [join(this.program, 'bin/git-vault.js'), ...args],
      cwd,
      env: this.env
    }
  }

  git(cwd, ...args) {
    return { file: 'git', args, cwd, env: this.env }
  }

  /** The path of the built library. */
  get library() {
    return join(this.program, 'dist/index.js')
  }

  remove() {
    spawnSync('gpgconf', ['--kill', 'all'], { env: this.env })
    // A background git process (gc) may still be writing there.
    for (let attemptsLeft = 20; ; attemptsLeft--) {
      try {
        rmSync(this.folder, { recursive: true, force: true })
        return
      } catch (error) {
        if (attemptsLeft === 0) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
      }
    }
  }
}

function isolated(folder) {
  const env = {}
  for (const [name, value] of Object.entries(process.env)) {
    // Options for Node would change the measurements. The other variables tell tools where their files are.
    const isRemoved =
      /^(GIT_|GNUPG|GPG_|XDG_|PASSWORD_STORE_|GOPASS_|AGE_|SOPS_|DOTENV_|NODE_|npm_|EMAIL$|APPDATA$)/i
    if (!isRemoved.test(name)) env[name] = value
  }
  const home = join(folder, 'home')
  return {
    ...env,
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    GNUPGHOME: join(folder, 'gnupg'),
    PASSWORD_STORE_DIR: join(folder, 'pass'),
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0'
  }
}
