/** Returns the middle value, or the mean of the two middle values if their number is even. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length

/** Returns the median, the range and the values. */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values }
}

/**
 * Returns a summary of the ratios of values from the same round. Load on the machine slows both values down
 * and so hardly changes their ratio.
 */
export const paired = (values, bases) => summary(values.map((value, round) => value / bases[round]))
