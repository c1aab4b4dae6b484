import type { HOOKED_SHELLS } from '../../core/run/shell.js'

type HookedShell = (typeof HOOKED_SHELLS)[number]

/** Each script asks `git-vault __complete` (complete.ts) and evaluates nothing that it prints. */
const SCRIPTS: Readonly<Record<HookedShell, string>> = {
  bash: `# bash completion for git-vault, also as "git vault" if git's own completion is loaded
_git_vault() {
  local rest=\${COMP_LINE:0:COMP_POINT} words=() line word cur skip i
  COMPREPLY=()
  # bash splits words at = and : too; only blanks separate arguments
  for ((i = 0; i <= COMP_CWORD; i++)); do
    line=\${rest#"\${rest%%[![:space:]]*}"}
    word=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$line
    if ((i == 0)) || [[ $line != "$rest" ]]; then
      words+=("$word")
    else
      words[\${#words[@]} - 1]+=$word
    fi
    rest=\${line#"$word"}
  done
  cur=\${words[\${#words[@]} - 1]}
  skip=
  [[ $cur == [\\"\\']* ]] || skip=\${cur%"\${cur##*[$COMP_WORDBREAKS]}"}
  # bash takes an @ as the beginning of the next word
  skip=\${skip%@}
  for ((i = 0; i < \${#words[@]}; i++)); do
    words[i]=\${words[i]//[\\"\\'\\\\]/}
  done
  cur=\${words[\${#words[@]} - 1]}
  i=1
  if [[ \${words[0]} == git ]]; then
    while ((i < \${#words[@]})) && [[ \${words[i]} != vault ]]; do ((i++)); done
    ((i++))
  fi
  while IFS= read -r line; do
    case $line in
      :file | :folder | :program)
        case $line in :file) i=-f ;; :folder) i=-d ;; *) i=-c ;; esac
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$i" -- "\${cur#"$skip"}")
        ;;
      *)
        line=\${line%%$'\\t'*}
        [[ $line == "$cur"* ]] || continue
        line=\${line#"$skip"}
        [[ $line == *[!A-Za-z0-9/_+=.,@:~%-]* ]] && printf -v line %q "$line"
        COMPREPLY+=("$line")
        ;;
    esac
  done < <(git-vault __complete "\${words[@]:i}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _git_vault git-vault
`,
  zsh: `#compdef git-vault
# zsh completion for git-vault, also as "git vault"
_git-vault() {
  local line text
  local -a typed ended open
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  for line in "\${(@f)$(git-vault __complete "\${typed[@]}" 2>/dev/null)}"; do
    case $line in
      ('') ;;
      (:file) _files ;;
      (:folder) _files -/ ;;
      (:program) _command_names -e ;;
      (*)
        text=\${\${line%%$'\\t'*}//:/\\\\:}
        [[ $line == *$'\\t'* ]] && text+=:\${line#*$'\\t'}
        if [[ \${line%%$'\\t'*} == *[/=] ]]; then open+=("$text"); else ended+=("$text"); fi
        ;;
    esac
  done
  (($#ended)) && _describe git-vault ended
  (($#open)) && _describe git-vault open -S ''
  return 0
}
if [[ $funcstack[1] == _git-vault ]]; then _git-vault "$@"; else compdef _git-vault git-vault; fi
`,
  fish: `# fish completion for git-vault, also as "git vault"
function __git_vault_complete
    set -l typed (commandline -opc)
    if test "$typed[1]" = git
        while test (count $typed) -gt 0; and test "$typed[1]" != vault
            set -e typed[1]
        end
    end
    set -e typed[1]
    set -l current (commandline -ct)
    for line in (git-vault __complete $typed "$current" 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path "$current"
            case ':folder'
                __fish_complete_directories "$current"
            case ':program'
                __fish_complete_path "$current"
                complete -C "$current" 2>/dev/null
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c git-vault -f -a '(__git_vault_complete)'
complete -c git -n '__fish_seen_subcommand_from vault' -f -a '(__git_vault_complete)'
`
}

/** Returns the code that makes a shell complete the command line of git-vault. */
export const completionScript = (shell: HookedShell): string => SCRIPTS[shell]
