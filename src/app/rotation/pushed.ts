import { folderOf, leadsInto } from '../../system/files/functionFiles.js'
import { homeFolder } from '../../system/files/homeFolder.js'

/** The parts of a registered function that may name files. */
interface Run {
  readonly command: readonly string[]
  readonly handler?: { readonly file: string }
  readonly builtin?: object
  readonly env: Readonly<Record<string, string>>
}

export const PUSHED = 'is in the repository, so anyone who can push could change what runs here'

/** What may stand around a path in an argument: `--file=PATH`, `A:B`, or a script for a shell. */
const AROUND = /[\s=:,;'"`()|&<>]+/

/** The folder that a function runs in. A built-in one takes nothing from it. */
export const folderOfRun = ({ command, handler, builtin }: Omit<Run, 'env'>): string =>
  builtin ? folderOf(command[0] ?? '') : handler ? folderOf(handler.file) : homeFolder()

/**
 * Returns what a function would take from the repository: its folder, its program, its file, or a path in an argument or a
 * variable. `undefined` if nothing. It cannot know what a program loads by other ways.
 */
export function pushedPart(run: Run, root: string): string | undefined {
  const folder = folderOfRun(run)
  const isPushed = (path: string): boolean => leadsInto(path, root, folder)
  if (isPushed(folder)) return folder
  const { command, handler, env } = run
  const words = [...command, ...(handler ? [handler.file] : [])]
  return (
    words.find(word => isPushed(word) || hasPath(word, root, isPushed)) ??
    Object.values(env).find(value => hasPath(value, root, isPushed))
  )
}

/** Whether a path that a text contains is in the repository. */
function hasPath(text: string, root: string, isPushed: (path: string) => boolean): boolean {
  const paths = text.split(AROUND).flatMap(part => {
    const slash = part.search(/[\\/]/)
    if (slash < 0) return []
    // an option's letter may be glued to its path
    return [part, part.slice(slash), ...(part.startsWith('-') ? [part.slice(2)] : [])]
  })
  return paths.some(isPushed) || names(text, root)
}

/** Whether a text contains the path of the folder, which may have spaces. */
function names(text: string, root: string): boolean {
  for (let at = text.indexOf(root); at >= 0; at = text.indexOf(root, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + root.length]]
    if (!/[\w./\\-]/.test(before) && !/[\w.-]/.test(after)) return true
  }
  return false
}
