/** Most editors end the last line. If the value had no newline at its end, one that was added is not a part of it. */
export const withoutAddedNewline = (before: string, after: string): string =>
  before.endsWith('\n') ? after : after.replace(/\r?\n$/, '')

/** Whether a value is a JSON object or list, which must stay JSON. Any number is JSON, too, but need not stay one. */
export function isJsonText(text: string): boolean {
  return /^\s*[[{]/.test(text) && jsonFault(text) === undefined
}

/** Returns where a text stops being JSON, such as `line 3, column 5`; `undefined` if it is JSON. Repeats none of the text. */
export function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n')
    return `line ${before.length}, column ${before.at(-1)!.length + 1}`
  }
}
