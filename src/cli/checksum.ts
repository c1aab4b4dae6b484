/**
 * Returns the CRC-32 of `bytes` as a signed 32-bit number. It detects accidental damage, not tampering. It is the fastest
 * check that node has: loading `node:crypto` takes 4 ms, and a hand-written loop over a command's cache takes 2 ms.
 */
export function checksum(bytes: Uint8Array): number {
  return process.getBuiltinModule('node:zlib').crc32(bytes, INITIAL) | 0
}

/** The checksum of no bytes. Not zero, because a disk that loses data often returns zeros. */
const INITIAL = 0x2545f491
