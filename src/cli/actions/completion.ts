import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Prints what a shell must read so that it completes the words of switcharoo. */
export function printCompletion(app: App, shell: (typeof shells)[number]): ExitCode {
  app.print(scripts[shell]);
  return exitCodes.done;
}

// Each script asks the program that was typed: so it is the one of the project, and knows its runbooks and runs.
const scripts = {
  bash: `# eval "$(switcharoo completion bash)"
_switcharoo() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
  local typed="\${COMP_LINE:0:COMP_POINT}"
  typed="\${typed##*[[:space:]]}"
  # Bash replaces the text after the last of its word breaks, so only that is completed.
  local replaced="\${typed##*["\${COMP_WORDBREAKS//[^=:]/}"]}"
  if [[ -n \${COMP_WORDBREAKS//[^=:]/} ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${typed%"$replaced"}"}"); fi
  if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _switcharoo switcharoo`,
  zsh: `#compdef switcharoo
# eval "$(switcharoo completion zsh)", after compinit
_switcharoo() {
  local -a found
  local line
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#found )); then _describe switcharoo found; else _files; fi
}
compdef _switcharoo switcharoo`,
  fish: `# switcharoo completion fish | source
complete -c switcharoo -a '(set -l typed (commandline -opc); $typed[1] complete -- $typed[2..-1] (commandline -ct) 2>/dev/null)'`,
} as const;
