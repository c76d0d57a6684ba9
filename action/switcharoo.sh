#!/usr/bin/env bash
# What action.yml runs, in the folder of a project in which switcharoo is installed. Its inputs are in the environment.
set -uo pipefail

command=${INPUT_COMMAND:-}
case $command in
  plan)
    if [[ -z ${INPUT_RUNBOOK:-} || -z ${INPUT_INVENTORY:-} ]]; then
      echo '::error::A plan needs a runbook and an inventory: set runbook and inventory.'
      exit 2
    fi
    words=("--inventory=${INPUT_INVENTORY}")
    while IFS= read -r param; do
      if [[ -n $param ]]; then words+=("--param=${param}"); fi
    done <<< "${INPUT_PARAMS:-}"
    ;;
  rehearse)
    words=()
    if [[ -n ${INPUT_REVERSE_AT:-} ]]; then words+=("--reverse-at=${INPUT_REVERSE_AT}"); fi
    if [[ -n ${INPUT_HTML:-} ]]; then words+=("--html=${INPUT_HTML}"); fi
    ;;
  *)
    echo '::error::Set command to plan or rehearse.'
    exit 2
    ;;
esac
# Whatever follows is no option, however it begins.
if [[ -n ${INPUT_RUNBOOK:-} ]]; then words+=(-- "${INPUT_RUNBOOK}"); fi

if ! npx --no-install switcharoo --version > /dev/null 2>&1; then
  echo '::error::switcharoo is not installed here: run npm ci in an earlier step, in the same working-directory.'
  exit 2
fi
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
export NO_COLOR=1 COLUMNS=${COLUMNS:-100}
npx --no-install switcharoo "$command" ${words[@]+"${words[@]}"} 2>&1 | tee "$printed"
code=${PIPESTATUS[0]}

# A plan ends with the command that runs exactly it; it may be wrapped.
digest=$(tr -s ' \\\n' ' ' < "$printed" | grep -oE -- '--plan [0-9a-f]{16}' | tail -n 1)
{
  echo "exit-code=$code"
  echo "digest=${digest#--plan }"
} >> "${GITHUB_OUTPUT:-/dev/null}"

# The summary is Markdown with HTML: what was printed is neither.
{
  if [[ $code == 0 ]]; then echo "### ✓ switcharoo $command"; else echo "### ✗ switcharoo $command: exit code $code"; fi
  echo
  echo '<pre>'
  sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' "$printed"
  echo '</pre>'
} >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
