import type { DatabaseAccount } from '../../core/rotation/databaseSecret.js'

/** A connection to a database, logged in. */
export interface DatabaseSession {
  /** The account's name at the server, for the statements that change it. */
  readonly account: string
  /** Reads something that every user may read. */
  read(): Promise<void>
  /** Changes the password of an account, or of the one that is logged in. */
  setPassword(change: PasswordChange): Promise<void>
  /**
   * Gives the other of two alternating users its password, and first what the present one may do. Whenever the password works,
   * the rest is complete.
   */
  setOther(change: OtherUser): Promise<void>
  /** Makes the password the only one of the account; absent if `setPassword` did. */
  readonly keepOnly?: (change: Omit<PasswordChange, 'present'>) => Promise<void>
  /** Makes what was set outlive the server's restart; absent if that is so at once. */
  readonly save?: () => Promise<void>
  end(): Promise<void>
}

export interface PasswordChange {
  readonly account: string
  /** That of AWSCURRENT. */
  readonly present: string
  readonly password: string
}

export interface OtherUser {
  /** The present user, as its session names it. */
  readonly from: string
  readonly username: string
  readonly password: string
}

/** A server's answer to a user name and a password. */
export type LogIn = DatabaseSession | 'refused'

export interface DatabaseClient {
  /** Connects without TLS, or with TLS and a verified certificate. Throws if it cannot, and if the server is not ready. */
  logIn(account: DatabaseAccount, tls: boolean): Promise<LogIn>
  /** Returns whether the server has TLS; absent if only an attempt shows it. */
  readonly hasTls?: (account: DatabaseAccount) => Promise<boolean>
  /** Whether an error is an answer of the server, and not one of the connection. */
  isAnswer(error: unknown): boolean
}

/** Milliseconds. */
export const CONNECT_TIMEOUT = 10_000
