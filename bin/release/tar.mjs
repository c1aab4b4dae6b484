// Archives in the ustar format of POSIX: the same files make the same bytes, on every platform.
const BLOCK = 512

/**
 * Returns an archive.
 * @param files content by path
 * @param time of all files, in seconds since 1970
 */
export function tarOf(files, time) {
  const parts = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, content]) => {
      const bytes = Buffer.from(content)
      return [header(path, bytes.length, time), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))]
    })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

/** Returns the content of each file of an archive, by path. It knows what npm and `tarOf` write. */
export function filesOfTar(archive) {
  const files = new Map()
  for (let at = 0; archive[at];) {
    const field = (from, length) =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*/s, '')
    const size = Number.parseInt(field(124, 12), 8)
    const prefix = field(345, 155)
    const path = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`
    const begin = at + BLOCK
    if (field(156, 1) === '0') files.set(path, archive.subarray(begin, begin + size))
    at = begin + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function header(path, size, time) {
  if (Buffer.byteLength(path) > 100) throw new Error(`the path is too long for an archive: ${path}`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value, at, length) => block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  block.write(path)
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(time, 136, 12)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  block.write('root', 265)
  block.write('root', 297)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
