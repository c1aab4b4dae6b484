import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'

/** Makes git sign every commit of a repository with a new ssh key, which it writes to a folder. */
export function signWithSsh(box: { git(...args: string[]): string }, folder: string): void {
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const signers = `${key}.signers`
  fs.writeFileSync(signers, `test@example.com ${fs.readFileSync(`${key}.pub`, 'utf8')}`)
  box.git('config', 'gpg.format', 'ssh')
  box.git('config', 'user.signingKey', key)
  box.git('config', 'gpg.ssh.allowedSignersFile', signers)
  box.git('config', 'commit.gpgSign', 'true')
}
