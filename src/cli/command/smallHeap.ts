/**
 * Makes V8 collect garbage when the heap has grown by a third since the last time. By default it may grow fourfold, so a
 * long command would need several times the memory that it uses. The part for new objects stays as small as it is, because
 * few of them outlive one secret. To be called before any work on many secrets, also before their values are read.
 */
export function keepHeapSmall(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  setFlagsFromString('--heap-growing-percent=33')
  setFlagsFromString('--semi-space-growth-factor=1')
}
