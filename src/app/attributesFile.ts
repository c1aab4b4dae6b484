import { utf8 } from '../core/format/canonical.js'
import type { Tree } from '../core/ports.js'

export const ATTRIBUTES = '.gitattributes'

/** Makes git store the vault's files unchanged, and use git-vault's merge and diff drivers if they are set up. */
const vaultLine = (folder: string): string =>
  `/${folder}/** -text -filter -ident -working-tree-encoding merge=git-vault diff=git-vault\n`

/** Returns the root's .gitattributes with the vault's line at its end: the last line that matches a file decides. */
export async function withVaultLine(head: Tree, folder: string): Promise<Uint8Array> {
  const present = await head.read(ATTRIBUTES, 1 << 20)
  const text = present ? new TextDecoder().decode(present) : ''
  return utf8(text + (text === '' || text.endsWith('\n') ? '' : '\n') + vaultLine(folder))
}

/** Whether the vault's line is the last one. */
export async function endsWithVaultLine(tree: Tree, folder: string): Promise<boolean> {
  const present = await tree.read(ATTRIBUTES, 1 << 20)
  return present !== undefined && `\n${new TextDecoder().decode(present)}`.endsWith(`\n${vaultLine(folder)}`)
}
