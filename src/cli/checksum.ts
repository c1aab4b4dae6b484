/**
 * Tells bytes that were not written to the end, or whose disk lost some of them; it stops nobody who means to. A disk loses
 * whole sectors, of 512 bytes or more, so four words of each tell that nearly as well as all of them, in a thirtieth of the
 * time: the hashes of node cost 4 ms to load, and all the words of what a command keeps took 3. An odd step looks at other
 * places of each sector, for what V8 keeps has zeros at even ones. Each step can be undone, so a difference in a single one
 * of the words that are looked at is always noticed.
 *
 * @param bytes must begin at a multiple of 4 in their buffer
 */
export function checksum({ buffer, byteOffset, length }: Uint8Array): number {
  const words = new Int32Array(buffer, byteOffset, length >> 2)
  let sum = length ^ 0x2545f491
  for (let at = 0; at < words.length; at += STEP) {
    sum = Math.imul(((sum << 5) | (sum >>> 27)) ^ words[at]!, 0x9e3779b1)
  }
  return sum
}

/** In words. */
const STEP = 31
