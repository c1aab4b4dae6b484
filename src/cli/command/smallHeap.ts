/**
 * Makes V8 collect garbage when the heap has grown by a third since the last time. By default it may grow fourfold, so a
 * long command would need several times the memory that it uses. To be called before work on many secrets.
 */
export function keepHeapSmall(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--heap-growing-percent=33')
}
