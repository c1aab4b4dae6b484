/**
 * All values of a cron field, in ascending order. The field may have `*`, numbers, names, ranges, steps and lists of these.
 * `undefined` if it is not valid.
 */
export function valuesOfField(
  field: string,
  first: number,
  last: number,
  names: readonly string[] = []
): number[] | undefined {
  const number = (text: string): number => {
    const named = names.indexOf(text.toUpperCase())
    return named >= 0 ? named + first : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  }
  const all = new Set<number>()
  for (const item of field.split(',')) {
    const [range = '', step, ...more] = item.split('/')
    const [low = '', high, ...others] = range === '*' ? [`${first}`, `${last}`] : range.split('-')
    const by = step === undefined ? 1 : /^[1-9]\d?$/.test(step) ? Number(step) : Number.NaN
    // `/8` starts at `first`, `2/4` starts at 2.
    const from = low === '' && step !== undefined ? first : number(low)
    const to = high === undefined ? (step === undefined ? from : last) : number(high)
    const isRange = from >= first && from <= to && to <= last && by <= last
    if (!isRange || more.length > 0 || others.length > 0) return undefined
    for (let value = from; value <= to; value += by) all.add(value)
  }
  return [...all].sort((a, b) => a - b)
}
