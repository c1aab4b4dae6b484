/**
 * Measures how often one process can do one operation through the library:
 *
 *   node library.js LIBRARY VAULT OPERATION SECONDS
 *
 * Prints operations per second. The first five are warm-up and are not counted.
 */
import { pathToFileURL } from 'node:url'
import { nameOf, valueOf } from './names.js'

const [library, directory, operation, seconds] = process.argv.slice(2)
const { openVault } = await import(pathToFileURL(library).href)
const vault = await openVault({ directory })

let count = 0
const operations = {
  getSecretValue: SecretId => vault.getSecretValue({ SecretId }),
  putSecretValue: SecretId =>
    vault.putSecretValue({ SecretId, SecretString: valueOf(`${process.pid}-${count}`) })
}
const once = () => operations[operation](nameOf('nest', count++ % 20))

for (let warmup = 0; warmup < 5; warmup++) await once()
const before = count
const start = performance.now()
let spent = 0
while (spent < Number(seconds) * 1000) {
  await once()
  spent = performance.now() - start
}
console.log(((count - before) * 1000) / spent)
process.exit()
