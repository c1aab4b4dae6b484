import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { newIdentity } from '../src/identityFile.js'
import { init } from '../src/init.js'
import { openVault } from '../src/index.js'
it('works', async () => {
  const home = mkdtempSync(join(tmpdir(), 'gv-'))
  process.env['HOME'] = home
  process.env['XDG_CONFIG_HOME'] = home + '/c'
  console.log(await newIdentity())
  const directory = home + '/r'
  console.log(await init({ directory, vaultDir: 'vault', region: 'local', accountId: '000000000000', member: 'alice' }))
  const vault = await openVault({ directory, notice: console.log })
  console.log(await vault.createSecret({ Name: 'prod/db', SecretString: 'one' }))
  console.log(await vault.putSecretValue({ SecretId: 'prod/db', SecretString: 'two' }))
  console.log(await vault.putSecretValue({ SecretId: 'prod/db', SecretString: 'three' }))
  console.log(await vault.getSecretValue({ SecretId: 'prod/db' }))
  console.log(await vault.describeSecret({ SecretId: 'prod/db' }))
  console.log(JSON.stringify(await vault.listSecrets()))
  console.log(JSON.stringify(await vault.listSecretVersionIds({ SecretId: 'prod/db', IncludeDeprecated: true })))
  const sh = (c: string) => console.log(execFileSync('sh', ['-c', c], { cwd: directory, encoding: 'utf8' }))
  sh('git log; git status; find . -path ./.git -prune -o -type f -print; cat vault/access.yaml vault/keys/default/1.yaml vault/secrets/prod/db/*.yaml; find .git/git-vault; cat .git/git-vault/seen/*; git fsck')
})
