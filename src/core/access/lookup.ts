/**
 * Returns `make`, with its results cached by the object that they were made from, which nothing changes any
 * more. A log may hold thousands of members, names and generations, and readers look up one for each secret.
 */
export function cachedBy<K extends object, V>(make: (from: K) => V): (from: K) => V {
  const made = new WeakMap<K, V>()
  return from => {
    const known = made.get(from)
    if (known !== undefined) return known
    const value = make(from)
    made.set(from, value)
    return value
  }
}

/** Adds a value to the list under a key. */
export function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/**
 * The last of the items that an entry up to `knew` added; `undefined` if there is none.
 * @param items by rising `since`
 */
export function lastUntil<T extends { readonly since: number }>(
  items: readonly T[],
  knew: number
): T | undefined {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (items[middle]!.since <= knew) low = middle + 1
    else high = middle
  }
  return items[low - 1]
}
