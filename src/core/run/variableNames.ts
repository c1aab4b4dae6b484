/** Names of environment variables that a secret's fields must not set unless the user says so. */

/** A variable with one of these names chooses code, files or options for the programs that see it. */
const NAMES: readonly string[] = [
  // where programs and their files are found
  ...['PATH', 'PATHEXT', 'PATH_LOCALE', 'HOME', 'SHELL', 'TMPDIR', 'TMP', 'TEMP', 'TMPPREFIX', 'CDPATH'],
  ...['COMSPEC', 'SYSTEMROOT', 'WINDIR', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PSMODULEPATH'],
  ...['TZDIR', 'LOCPATH', 'NLSPATH', 'MANPATH', 'INFOPATH', 'CURL_HOME', 'WGETRC', 'NETRC', 'SCREENRC'],
  // the loader and the C library
  ...['LIBPATH', 'SHLIB_PATH', 'GCONV_PATH', 'GETCONF_DIR', 'GLIBC_TUNABLES', 'HOSTALIASES', 'NIS_PATH'],
  ...['LOCALDOMAIN', 'RES_OPTIONS', 'RESOLV_HOST_CONF', '__COMPAT_LAYER'],
  // shells
  ...['IFS', 'ENV', 'BASH_ENV', 'BASHOPTS', 'SHELLOPTS', 'BASH_XTRACEFD', 'BASH_LOADABLES_PATH'],
  ...['GLOBIGNORE', 'EXECIGNORE', 'FIGNORE', 'INPUTRC', 'PROMPT', 'PROMPT_COMMAND', 'PS0', 'PS1', 'PS2'],
  ...[
    'PS3',
    'PS4',
    'FPATH',
    'ZDOTDIR',
    'NULLCMD',
    'READNULLCMD',
    'CONFIG_SHELL',
    'HISTFILE',
    'STARSHIP_CONFIG'
  ],
  // programs that others start
  ...['EDITOR', 'VISUAL', 'FCEDIT', 'SUDO_EDITOR', 'KUBE_EDITOR', 'PAGER', 'MANPAGER', 'MANOPT', 'BROWSER'],
  ...['SUDO_ASKPASS', 'RSYNC_RSH', 'CVS_RSH', 'SVN_SSH', 'SVN_EDITOR', 'HGRCPATH', 'HGEDITOR', 'HGMERGE'],
  ...['TAR_OPTIONS', 'ZIPOPT', 'GREP_OPTIONS', 'PSQLRC', 'DIALOGRC', 'GNUPGHOME', 'WINEDLLOVERRIDES'],
  ...['VIMINIT', 'GVIMINIT', 'EXINIT', 'VIMRUNTIME', 'EMACSLOADPATH', 'EMACSDATA'],
  // terminals
  ...['TERMINFO', 'TERMINFO_DIRS', 'TERMPATH', 'TERMCAP'],
  // TLS: keys written to a file, checks turned off, modules loaded
  ...['SSLKEYLOGFILE', 'OPENSSL_CONF', 'OPENSSL_MODULES', 'OPENSSL_ENGINES'],
  // JavaScript
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_REPL_EXTERNAL_MODULE', 'NODE_EXTRA_CA_CERTS', 'NODE_V8_COVERAGE'],
  ...['NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_COMPILE_CACHE', 'NODE_REPL_HISTORY', 'NODE_REDIRECT_WARNINGS'],
  ...['NODE_ICU_DATA', 'ELECTRON_RUN_AS_NODE', 'BUN_OPTIONS', 'BUN_INSTALL', 'DENO_DIR', 'DENO_CERT'],
  ...['YARN_YARN_PATH', 'YARN_RC_FILENAME', 'YARN_PLUGINS', 'TS_NODE_PROJECT', 'TS_NODE_COMPILER'],
  // Perl, Ruby, PHP, Lua, R, Julia, Tcl, Erlang
  ...['PERLLIB', 'PERLIO_DEBUG', 'PERL_MM_OPT', 'PERL_MB_OPT', 'RUBYOPT', 'RUBYLIB', 'RUBYPATH', 'RUBYSHELL'],
  ...['GEM_HOME', 'GEM_PATH', 'BUNDLE_GEMFILE', 'BUNDLE_PATH', 'BUNDLE_APP_CONFIG', 'BUNDLE_BIN_PATH'],
  ...['PHPRC', 'PHP_INI_SCAN_DIR', 'R_HOME', 'R_PROFILE', 'R_PROFILE_USER', 'R_ENVIRON', 'R_ENVIRON_USER'],
  ...['R_LIBS', 'R_LIBS_USER', 'JULIA_LOAD_PATH', 'JULIA_DEPOT_PATH', 'JULIA_PROJECT', 'TCLLIBPATH'],
  ...['ERL_FLAGS', 'ERL_AFLAGS', 'ERL_ZFLAGS', 'ERL_LIBS', 'ELIXIR_ERL_OPTIONS'],
  // Java
  ...['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'JDK_JAVAC_OPTIONS', 'IBM_JAVA_OPTIONS'],
  ...['OPENJ9_JAVA_OPTIONS', 'JAVA_OPTS', 'JAVA_HOME', 'JRE_HOME', 'CLASSPATH', 'CATALINA_OPTS', 'ANT_OPTS'],
  ...['MAVEN_OPTS', 'MAVEN_ARGS', 'GRADLE_OPTS', 'SBT_OPTS', 'SCALA_OPTS', 'GROOVY_OPTS', 'JRUBY_OPTS'],
  // .NET
  ...['DOTNET_STARTUP_HOOKS', 'DOTNET_ADDITIONAL_DEPS', 'DOTNET_SHARED_STORE', 'DOTNET_ROOT'],
  // compilers and build tools
  ...['CC', 'CXX', 'CPP', 'LD', 'AR', 'AS', 'CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'MAKEFLAGS'],
  ...['MFLAGS', 'GNUMAKEFLAGS', 'MAKEFILES', 'COMPILER_PATH', 'GCC_EXEC_PREFIX', 'CPATH', 'LIBRARY_PATH'],
  ...['C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH', 'CMAKE_TOOLCHAIN_FILE', 'GOFLAGS', 'GOROOT', 'GOPATH', 'GOENV'],
  ...['GOTOOLCHAIN', 'GOPROXY', 'GOSUMDB', 'GODEBUG', 'RUSTC', 'RUSTDOC', 'RUSTFLAGS', 'CARGO_HOME'],
  // desktop libraries
  ...['GTK_MODULES', 'GTK_PATH', 'GIO_MODULE_DIR', 'GIO_EXTRA_MODULES', 'GDK_PIXBUF_MODULE_FILE'],
  ...['QT_PLUGIN_PATH', 'VK_LAYER_PATH', 'VK_ICD_FILENAMES', 'LIBGL_DRIVERS_PATH']
]

/** The same, for every name that starts with one of these. */
const PREFIXES: readonly string[] = [
  ...['LD_', 'DYLD_', '_RLD', 'LDR_', 'MALLOC_', 'BASH_FUNC_', 'FISH_', 'XDG_', 'GIT_', 'SSH_', 'LESS'],
  ...['PYTHON', 'PERL5', 'NPM_CONFIG_', 'PNPM_CONFIG_', 'COMPLUS_', 'CORECLR_', 'COR_', 'LUA_INIT'],
  ...['LUA_PATH', 'LUA_CPATH', 'RUSTC_', 'CARGO_BUILD_', 'CARGO_TARGET_', 'PKG_CONFIG', 'TF_CLI_', 'PSQL_'],
  ...['DIRENV_', 'GST_PLUGIN_', '__GIT_VAULT_']
]

/** Names that programs also read in lower case, on every system. */
const ALSO_LOWER = /^(?:npm_config_|pnpm_config_|fish_|__git_vault_)/
/** A name of the portable form, which every shell can set. */
const PORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

const dangerous: ReadonlySet<string> = new Set(NAMES)

export const isPortableName = (name: string): boolean => PORTABLE.test(name)

/** Whether the system can hold a variable of this name at all. */
export const isPossibleName = (name: string): boolean => name !== '' && !/[=\0]/.test(name)

/**
 * Whether a variable of this name changes how programs run.
 * @param ignoreCase as Windows does
 */
export function isDangerousName(name: string, ignoreCase: boolean): boolean {
  const known = ignoreCase || ALSO_LOWER.test(name) ? name.toUpperCase() : name
  return dangerous.has(known) || PREFIXES.some(prefix => known.startsWith(prefix))
}
