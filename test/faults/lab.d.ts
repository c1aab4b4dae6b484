export interface Fault {
  readonly root: string
  readonly counter: string
  readonly at?: number
  readonly match?: string
  readonly kind?: string
  readonly log?: string
}

export interface Call {
  readonly number: number
  readonly pid: number
  readonly name: string
  readonly path: string
  readonly from?: string
}

export class Lab {
  readonly top: string
  constructor(top?: string)
  end(): void
  shim(): string
  run(
    args: readonly string[],
    cwd: string,
    fault?: Fault
  ): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>
  must(args: readonly string[], cwd: string): Promise<string>
  git(cwd: string, ...args: string[]): string
  repository(name: string): Promise<string>
  identity(cwd: string): Promise<void>
}

export function compileShim(folder: string): string
export function faultEnvironment(library: string, fault: Fault): Record<string, string>
export function callsIn(log: string): Call[]
