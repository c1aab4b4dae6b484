/** Errors of Secrets Manager. If AWS has a message for a case, ours has its exact wording. */
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

/** Errors that Secrets Manager does not have, because it has no repository under it. */
export type VaultErrorCode =
  /** There is no git repository, no `.vaultrc`, or no vault in the folder that it names. */
  | 'VaultNotFound'
  /** There is no identity, or it is not a member of this vault. */
  | 'IdentityNotFound'
  /** The passphrase of an identity is missing or wrong, or the identity file is damaged. */
  | 'IdentityLocked'
  /** This clone does not trust the vault yet. */
  | 'RootUnknown'
  /** A document is refused: malformed, forged, misplaced or rolled back. The message names the file. */
  | 'DocumentRefused'
  /** The repository cannot take a commit: merge in progress, detached HEAD, a file edited by hand. */
  | 'RepositoryState'
  /** Another process holds a lock, or moved the branch during every attempt. */
  | 'RepositoryBusy'
  /** A check for exposed values found some. */
  | 'ValuesExposed'
  /** `git-vault doctor --fail` found problems. */
  | 'VaultUnwell'
  /** A remote cannot be reached, or refused what was pushed. */
  | 'RemoteFailed'
  /** Two clones made changes that git-vault does not join by itself. */
  | 'MergeConflict'
  /** `git-vault hook run` found something that must not be committed. */
  | 'CommitRefused'
  /** git is missing, failed, or printed something unexpected. */
  | 'GitFailed'
  /** `git-vault due --fail` found secrets whose rotation needs attention. */
  | 'RotationDue'
  /** A rotation function failed, took too long, or was stopped. */
  | 'RotationFailed'
  /** Ctrl-C ended a rotation. The message says how the secret is now. */
  | 'RotationInterrupted'
  /** A file outside the vault (an identity, an input) cannot be read or written. */
  | 'FileFailed'
  /** The command line or the options of `openVault` are wrong. */
  | 'Usage'

export type ErrorCode = ServiceErrorCode | VaultErrorCode

const SERVICE_CODE = /(?:Exception|Failure|ServiceError|RequestExpired)$/

/**
 * The only error that git-vault throws on purpose. `name` equals `code`, as in the AWS SDK, so
 * `error.name === 'ResourceNotFoundException'` works for both.
 */
export class VaultError extends Error {
  readonly code: ErrorCode
  /** What the user can do about it. */
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {}
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = code
    this.code = code
    this.hint = options.hint
  }

  /** The same error in other words. */
  reworded(message: string, hint = this.hint): VaultError {
    return new VaultError(this.code, message, { hint, cause: this })
  }

  /** Whether AWS has an error of this name, so that callers can be expected to handle it. */
  get isService(): boolean {
    return SERVICE_CODE.test(this.code)
  }
}

/** The service's text for a secret that does not exist. */
export const NO_SECRET = "Secrets Manager can't find the specified secret."
/** The service's text for a secret that is scheduled for deletion. */
export const DELETED_SECRET =
  "You can't perform this operation on the secret because it was marked for deletion."

/** The service's error for a secret that does not exist. */
export function noSecret(hint?: string): VaultError {
  return new VaultError('ResourceNotFoundException', NO_SECRET, { hint })
}

/** A `Usage` error: the request itself is wrong. */
export function usage(message: string, hint?: string): VaultError {
  return new VaultError('Usage', message, { hint })
}
