/** The shells for which `env` and `activate` write code; `sh` is any POSIX shell. */
export const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Returns a text as one word in which the shell expands nothing. */
export function quoteWord(text: string, shell: Shell): string {
  return shell === 'fish'
    ? `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * Returns code that sets and exports the variables.
 * @param variables with names of the portable form
 */
export function exportCode(variables: ReadonlyMap<string, string>, shell: Shell): string {
  return [...variables].map(([name, value]) => `${setting(name, quoteWord(value, shell), shell)}\n`).join('')
}

/**
 * As `exportCode`, and defines `__git_vault_leave`, which gives the variables their earlier values. A shell that is started
 * in between learns their names from `__GIT_VAULT_SET`.
 */
export function enterCode(variables: ReadonlyMap<string, string>, shell: Shell): string {
  const names = [...variables.keys()]
  const list = setting('__GIT_VAULT_SET', quoteWord(names.join(' '), shell), shell)
  if (shell === 'fish')
    return [
      ...names.map(name => `set -q ${name}; and set -g __git_vault_old_${name} $${name}`),
      'function __git_vault_leave',
      '  functions -e __git_vault_leave',
      '  set -e __GIT_VAULT_SET',
      ...names.flatMap(name => [
        `  if set -q __git_vault_old_${name}`,
        `    set -gx ${name} $__git_vault_old_${name}`,
        `    set -e __git_vault_old_${name}`,
        '  else',
        `    set -e ${name}`,
        '  end'
      ]),
      'end',
      list,
      exportCode(variables, shell)
    ].join('\n')
  return [
    ...names.map(name => `[ -z "\${${name}+x}" ] || __git_vault_old_${name}=$${name}`),
    '__git_vault_leave() {',
    '  unset -f __git_vault_leave',
    '  unset __GIT_VAULT_SET',
    ...names.flatMap(name => [
      `  if [ -n "\${__git_vault_old_${name}+x}" ]; then`,
      `    export ${name}="$__git_vault_old_${name}"`,
      `    unset __git_vault_old_${name}`,
      '  else',
      `    unset ${name}`,
      '  fi'
    ]),
    '}',
    list,
    exportCode(variables, shell)
  ].join('\n')
}

const setting = (name: string, word: string, shell: Shell): string =>
  shell === 'fish' ? `set -gx ${name} ${word}` : `export ${name}=${word}`

/** The shells that run code when the folder changes. */
export const HOOKED_SHELLS = ['bash', 'zsh', 'fish'] as const

/**
 * Returns code for the shell's start-up file: it sets the variables of a vault whose `.vaultrc` lists secrets to run with,
 * when the shell enters the folder, and takes them back when it leaves. git-vault starts only where such a file is.
 */
export function activationCode(shell: (typeof HOOKED_SHELLS)[number]): string {
  if (shell === 'fish') return FISH
  return POSIX.replace('SHELL', shell) + (shell === 'bash' ? BASH : ZSH)
}

const POSIX = `__git_vault_enter() {
  [ "$PWD" != "\${__git_vault_pwd-}" ] || return 0
  __git_vault_pwd=$PWD
  local folder=$PWD code
  while [ -n "$folder" ] && [ ! -f "$folder/.vaultrc" ]; do folder=\${folder%/*}; done
  [ "$folder" != "\${__git_vault_folder-}" ] || return 0
  __git_vault_folder=
  if typeset -f __git_vault_leave >/dev/null; then __git_vault_leave; fi
  [ -n "$folder" ] && command grep -q '^run:' "$folder/.vaultrc" || return 0
  code=$(command git-vault env --shell SHELL --hook </dev/null) || return 0
  eval "$code"
  __git_vault_folder=$folder
}
__git_vault_hook() {
  local previous=$?
  __git_vault_enter
  return $previous
}
if [ -n "\${__GIT_VAULT_SET-}" ]; then
  eval "__git_vault_leave() { unset -f __git_vault_leave; unset $__GIT_VAULT_SET __GIT_VAULT_SET; }"
fi
`
const BASH = `case ";\${PROMPT_COMMAND-};" in
  *";__git_vault_hook;"*) ;;
  *) PROMPT_COMMAND="__git_vault_hook\${PROMPT_COMMAND:+;$PROMPT_COMMAND}" ;;
esac
`
const ZSH = `autoload -Uz add-zsh-hook
add-zsh-hook precmd __git_vault_hook
`
const FISH = `function __git_vault_hook --on-variable PWD
  status is-command-substitution; and return
  set -l folder $PWD
  while test -n "$folder"; and not test -f "$folder/.vaultrc"
    set folder (string replace -r '/[^/]*$' '' -- "$folder")
  end
  test "$folder" = "$__git_vault_folder"; and return
  set -g __git_vault_folder ''
  functions -q __git_vault_leave; and __git_vault_leave
  test -n "$folder"; and command grep -q '^run:' "$folder/.vaultrc"; or return
  set -l code (command git-vault env --shell fish --hook </dev/null | string collect)
  test -n "$code"; or return
  printf '%s\\n' $code | source
  set -g __git_vault_folder $folder
end
if set -q __GIT_VAULT_SET
  function __git_vault_leave
    functions -e __git_vault_leave
    for name in (string split ' ' -- $__GIT_VAULT_SET)
      set -e $name
    end
    set -e __GIT_VAULT_SET
  end
end
__git_vault_hook
`
