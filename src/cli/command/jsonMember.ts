import { jsonMembers } from '../../core/format/jsonField.js'

/**
 * Returns one member of a JSON object as `jsonMembers` does; `undefined` if the object has no such key.
 * @param text an object that `JSON.parse` accepts
 */
export const jsonMember = (text: string, key: string): string | undefined => jsonMembers(text).get(key)
