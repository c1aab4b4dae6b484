/**
 * CRC-32: tells bytes that were damaged by chance, wherever; it stops nobody who means to. Of what node has it loads the
 * quickest: `node:crypto` takes 4 ms, and a loop of our own over what a command keeps 2. A signed number of 32 bits.
 */
export function checksum(bytes: Uint8Array): number {
  return process.getBuiltinModule('node:zlib').crc32(bytes, NOT_ZERO) | 0
}

/** What it is of no bytes, for zeros are what a disk that lost some gives. */
const NOT_ZERO = 0x2545f491
