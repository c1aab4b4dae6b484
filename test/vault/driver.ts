import { openVault } from '../../src/index.js'

/** A program that uses the library in a separate process. It prints acknowledged writes on stdout. */
interface Orders {
  directory: string
  name: string
  create?: boolean
  /** The number of puts (default: endless). */
  count?: number
  /** Reads instead of writing. */
  read?: boolean
}

const { directory, name, create, count = Infinity, read } = JSON.parse(process.argv[2]!) as Orders
const say = (line: string) => process.stdout.write(`${line}\n`)
const vault = await openVault({ directory, notice: line => say(`notice ${line}`) })

if (read) {
  const { SecretString } = await vault.getSecretValue({ SecretId: name })
  say(`value ${SecretString}`)
  const { LastAccessedDate } = await vault.describeSecret({ SecretId: name })
  say(`accessed ${String(LastAccessedDate)}`)
  say(`listed ${(await vault.listSecrets()).SecretList!.length}`)
} else {
  if (create) {
    const { VersionId } = await vault.createSecret({ Name: name, SecretString: 'value 0' })
    say(`acknowledged ${VersionId} value 0`)
  }
  for (let number = 1; number <= count; number++) {
    const SecretString = `value ${number} of ${process.pid}`
    const { VersionId } = await vault.putSecretValue({ SecretId: name, SecretString })
    say(`acknowledged ${VersionId} ${SecretString}`)
  }
}
