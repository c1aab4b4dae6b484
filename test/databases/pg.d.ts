/** The part of the package that the tests use: it has no types of its own. */
declare module 'pg' {
  export class Client {
    constructor(options: { host: string; port: number; user: string; password: string; database: string })
    connect(): Promise<void>
    query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
    end(): Promise<void>
    on(event: 'error', listener: (error: Error) => void): this
  }
}
