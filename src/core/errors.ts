/** What Secrets Manager itself answers with; the wording of their messages is the service's. */
export type ServiceErrorCode =
  | 'AccessDeniedException'
  | 'DecryptionFailure'
  | 'EncryptionFailure'
  | 'ExpiredTokenException'
  | 'IncompleteSignatureException'
  | 'InternalServiceError'
  | 'InvalidNextTokenException'
  | 'InvalidParameterException'
  | 'InvalidRequestException'
  | 'InvalidSignatureException'
  | 'LimitExceededException'
  | 'MalformedPolicyDocumentException'
  | 'MissingAuthenticationTokenException'
  | 'PreconditionNotMetException'
  | 'PublicPolicyException'
  | 'RequestExpired'
  | 'ResourceExistsException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException'
  | 'ValidationException'

/** What the service cannot meet, because it has no repository under it. */
export type VaultErrorCode =
  /** No git repository, no `.vaultrc` or no vault where it points. */
  | 'VaultNotFound'
  /** No identity, or one that is not a member of this vault. */
  | 'IdentityNotFound'
  /** The identity is wrapped and the passphrase is missing or wrong, or the file is damaged. */
  | 'IdentityLocked'
  /** This clone has never been told to trust the vault's root. */
  | 'RootUnknown'
  /** A document does not count: malformed, forged, misplaced, rolled back. The message names the file. */
  | 'DocumentRefused'
  /** The repository cannot take a commit now: merge in progress, detached HEAD, a hand edit in the way. */
  | 'RepositoryState'
  /** Another process holds a lock, or moved the branch at every attempt. */
  | 'RepositoryBusy'
  /** Values stand that somebody without the right could know, where that was asked about. */
  | 'ValuesExposed'
  /** `git-vault doctor --fail` has found something wrong. */
  | 'VaultUnwell'
  /** git is missing, failed, or said something unexpected. */
  | 'GitFailed'
  /** A file outside the vault (an identity, an input) cannot be read or written. */
  | 'FileFailed'
  /** The command line, or the options of `openVault`, make no sense. */
  | 'Usage'

export type ErrorCode = ServiceErrorCode | VaultErrorCode

const SERVICE_CODE = /(?:Exception|Failure|ServiceError|RequestExpired)$/

/**
 * The one error that git-vault throws on purpose. `name` equals `code`, as in the AWS SDK, so
 * `error.name === 'ResourceNotFoundException'` reads the same for both.
 */
export class VaultError extends Error {
  readonly code: ErrorCode
  /** What to do about it, apart from the fact. */
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = code
    this.code = code
    this.hint = options.hint
  }

  /** Whether AWS has an error of this name, so that its callers can be expected to handle it. */
  get isService(): boolean {
    return SERVICE_CODE.test(this.code)
  }
}

/** What somebody asked for and cannot have. */
export function usage(message: string, hint?: string): VaultError {
  return new VaultError('Usage', message, hint === undefined ? {} : { hint })
}
