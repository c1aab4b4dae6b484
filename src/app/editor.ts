import { programEnvironment } from '../core/run/programEnvironment.js'
import { editorOf, runEditor, type Editor } from '../system/files/editor.js'
import type { PrivateFolder } from '../system/files/privateFolder.js'

/** Returns the user's editor, with the options by which it keeps no copy of what it edits. */
export const userEditor = (): Editor => editorOf(process.env)

/** Runs the editor on a file of a private folder. Throws `FileFailed` if the editor fails. */
export const editFile = (editor: Editor, file: string, { path }: PrivateFolder): Promise<void> =>
  runEditor(editor, file, path, programEnvironment(process.env))
