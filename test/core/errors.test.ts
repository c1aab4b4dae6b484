import { describe, expect, it } from 'vitest'
import { usage, VaultError, type ErrorCode, type ServiceErrorCode } from '../../src/core/errors.js'

/** Whether AWS has the code. A code that is missing or in the wrong union here does not compile. */
const codes: { readonly [C in ErrorCode]: C extends ServiceErrorCode ? true : false } = {
  AccessDeniedException: true,
  DecryptionFailure: true,
  EncryptionFailure: true,
  ExpiredTokenException: true,
  IncompleteSignatureException: true,
  InternalServiceError: true,
  InvalidNextTokenException: true,
  InvalidParameterException: true,
  InvalidRequestException: true,
  InvalidSignatureException: true,
  LimitExceededException: true,
  MalformedPolicyDocumentException: true,
  MissingAuthenticationTokenException: true,
  PreconditionNotMetException: true,
  PublicPolicyException: true,
  RequestExpired: true,
  ResourceExistsException: true,
  ResourceNotFoundException: true,
  SerializationException: true,
  ThrottlingException: true,
  UnknownOperationException: true,
  UnrecognizedClientException: true,
  ValidationException: true,
  VaultNotFound: false,
  IdentityNotFound: false,
  IdentityLocked: false,
  RootUnknown: false,
  DocumentRefused: false,
  RepositoryState: false,
  RepositoryBusy: false,
  ValuesExposed: false,
  VaultUnwell: false,
  RemoteFailed: false,
  MergeConflict: false,
  CommitRefused: false,
  RotationDue: false,
  RotationFailed: false,
  RotationInterrupted: false,
  GitFailed: false,
  FileFailed: false,
  Usage: false
}

describe('an error', () => {
  it.each(Object.entries(codes) as [ErrorCode, boolean][])('%s is the service’s: %s', (code, isService) => {
    const error = new VaultError(code, 'why')
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: code, code, message: 'why', isService })
    expect(String(error)).toBe(`${code}: why`)
  })

  it('has a hint and a cause if they are given, even a cause of undefined', () => {
    const cause = new Error('git')
    expect(new VaultError('GitFailed', 'why', { hint: 'do', cause })).toMatchObject({ hint: 'do', cause })
    const bare = new VaultError('GitFailed', 'why')
    expect(bare.hint).toBeUndefined()
    expect(bare).not.toHaveProperty('cause')
    expect(new VaultError('GitFailed', 'why', { cause: undefined })).toHaveProperty('cause', undefined)
  })

  it('of usage may have a hint', () => {
    expect(usage('no', 'ask so')).toMatchObject({ code: 'Usage', message: 'no', hint: 'ask so' })
    expect(usage('no')).toBeInstanceOf(VaultError)
    expect(usage('no').hint).toBeUndefined()
  })
})
