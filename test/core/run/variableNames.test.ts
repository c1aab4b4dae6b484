import { describe, expect, it } from 'vitest'
import { isDangerousName, isPortableName, isPossibleName } from '../../../src/core/run/variableNames.js'

describe('names that change how programs run', () => {
  it.each([
    ...['PATH', 'HOME', 'IFS', 'ENV', 'BASH_ENV', 'SHELLOPTS', 'PS4', 'PROMPT_COMMAND', 'CDPATH', 'ZDOTDIR'],
    ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_ANYTHING', 'DYLD_INSERT_LIBRARIES', '_RLD_LIST', 'GCONV_PATH'],
    ...['NODE_OPTIONS', 'NODE_PATH', 'NPM_CONFIG_SCRIPT_SHELL', 'npm_config_node_options', 'PYTHONPATH'],
    ...['PYTHONSTARTUP', 'PYTHONHOME', 'PERL5OPT', 'PERL5LIB', 'PERLLIB', 'RUBYOPT', 'RUBYLIB', 'GEM_HOME'],
    ...['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'CLASSPATH', 'MAVEN_OPTS', 'PHPRC'],
    ...[
      'GIT_SSH_COMMAND',
      'GIT_DIR',
      'GIT_VAULT_IDENTITY',
      'SSH_ASKPASS',
      'SSH_AUTH_SOCK',
      'EDITOR',
      'PAGER'
    ],
    ...['BASH_FUNC_ls%%', 'LESSOPEN', 'TERMINFO', 'XDG_CONFIG_HOME', 'DOTNET_STARTUP_HOOKS', 'LUA_INIT_5_4'],
    ...['OPENSSL_CONF', 'SSLKEYLOGFILE', 'MAKEFLAGS', 'RUSTC_WRAPPER', 'GOFLAGS', 'TAR_OPTIONS', 'CC'],
    ...['fish_user_paths', '__git_vault_leave', '__GIT_VAULT_SET', 'TF_CLI_ARGS', 'MALLOC_CHECK_']
  ])('%s', name => {
    expect(isDangerousName(name, false)).toBe(true)
    expect(isDangerousName(name, true)).toBe(true)
  })

  it.each([
    ...['DB_URL', 'PASSWORD', 'PORT', 'HOST', 'USER', 'NODE_ENV', 'NPM_TOKEN', 'AWS_SECRET_ACCESS_KEY'],
    ...[
      'CARGO_REGISTRY_TOKEN',
      'GEM_HOST_API_KEY',
      'YARN_NPM_AUTH_TOKEN',
      'BUNDLE_GITHUB__COM',
      'KUBECONFIG'
    ],
    ...['DOTNET_ENVIRONMENT', 'PATHS', 'MY_PATH', 'ENVIRONMENT', 'PS5', 'LDAP_URL', 'GITHUB_TOKEN', 'DYNO']
  ])('but not %s', name => {
    expect(isDangerousName(name, false)).toBe(false)
    expect(isDangerousName(name, true)).toBe(false)
  })

  it('in any case on Windows, and as they are elsewhere', () => {
    for (const name of ['Path', 'path', 'node_options', 'ld_preload', 'ComSpec'])
      expect([name, isDangerousName(name, true), isDangerousName(name, false)]).toEqual([name, true, false])
  })
})

it('names that shells can set, and names that the system can hold', () => {
  expect(['A', '_', 'a1', 'DB_URL'].map(isPortableName)).toEqual([true, true, true, true])
  const odd = ['', '1A', 'db-password', 'a.b', 'é', 'A B', 'A\n', 'BASH_FUNC_ls%%']
  expect(odd.map(isPortableName)).toEqual(odd.map(() => false))
  expect(['db-password', 'a.b', 'A\n', 'é'].map(isPossibleName)).toEqual([true, true, true, true])
  expect(['', 'A=B', '=', 'A\0'].map(isPossibleName)).toEqual([false, false, false, false])
})
