/** Returns the value of a JSON text in UTF-8; `undefined` if it is not JSON. The parser's own message would quote the text. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
