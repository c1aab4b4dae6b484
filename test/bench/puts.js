/**
 * Puts a new value into each of the first secrets, with one commit each:
 *
 *   node puts.js LIBRARY VAULT COUNT
 */
import { pathToFileURL } from 'node:url'
import { nameOf, valueOf } from './names.js'

const [library, directory, count] = process.argv.slice(2)
const { openVault } = await import(pathToFileURL(library).href)
const vault = await openVault({ directory })
for (let index = 0; index < Number(count); index++)
  await vault.putSecretValue({ SecretId: nameOf('nest', index), SecretString: valueOf(`change-${index}`) })
process.exit()
