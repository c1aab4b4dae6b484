/**
 * Tells bytes that were damaged by chance; it stops nobody who means to. The hashes of node cost 4 ms to load, and this
 * one takes half of that for what a command keeps. Each step can be undone, so a single word that differs is always noticed.
 *
 * @param bytes must begin at a multiple of 4 in their buffer
 */
export function checksum({ buffer, byteOffset, length }: Uint8Array): number {
  const words = new Int32Array(buffer, byteOffset, length >> 2)
  let sum = length ^ 0x2545f491
  for (let at = 0; at < words.length; at++) {
    sum = Math.imul(((sum << 5) | (sum >>> 27)) ^ words[at]!, 0x9e3779b1)
  }
  const rest = new Uint8Array(buffer, byteOffset + words.byteLength, length & 3)
  for (const byte of rest) sum = Math.imul(((sum << 5) | (sum >>> 27)) ^ byte, 0x9e3779b1)
  return sum
}
