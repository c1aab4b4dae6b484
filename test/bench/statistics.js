/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length

/** Median and range. */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values }
}

/**
 * Ratios of values that were measured in the same round: what slows the machine down for a while slows both
 * down, and leaves the ratio as it is.
 */
export const paired = (values, bases) => summary(values.map((value, round) => value / bases[round]))
