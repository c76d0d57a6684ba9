import type {RunMarker, StartedAgain} from '../contract.ts';
import {removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import {psRows} from './processes.ts';

// What was stopped is remembered on the host: a digest of each program's command line, and the addresses on which it
// listened. A command line itself may hold a password.

/**
 * Defines `remember`, to be called with process ids before they are stopped. Of several processes that have started
 * each other it remembers the first, and none whose command line others have, too: `sleep 5`, say.
 */
export const defineRemember = (root: string, marker: RunMarker): string =>
  `${defineScan}
${sh`memory=${keptFolder(root, marker)}/stopped
remember() {
  new=$(scan | awk -v own=" $* " ${rememberProgram})
  [ -n "$new" ] || return 0
  umask 077
  mkdir -p -- "$(dirname -- "$memory")"
  { printf '%s\n' "$new"; cat -- "$memory" 2>/dev/null || :; } | sort -u > "$memory~new"
  mv -f -- "$memory~new" "$memory"
  sync -- "$memory"
}
# The seconds count from here.
stopped() { [ ! -e "$memory" ] || touch -- "$memory"; }`}`;

export const forgetScript = (root: string, marker: RunMarker): string =>
  sh`rm -f -- ${keptFolder(root, marker)}/stopped ${keptFolder(root, marker)}/stopped~new`;

export async function forgetStopped(
  shell: Shell,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const {root} = shell;
  await shell.run(`${forgetScript(root, marker)}\n${removeEmptyFolders(root, marker)}`, signal);
}

export async function readStartedAgain(
  shell: Shell,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<StartedAgain | null> {
  const output = await shell.run(againScript(shell.root, marker), signal);
  const [, seconds] = /^age (-?\d+)$/m.exec(output) ?? [];
  if (seconds === undefined) {
    return null;
  }
  const rows = [...output.matchAll(/^process (\d+)(?: (\S+))?$/gm)];
  const listening = rows.map(([, pid, listensOn]) => ({
    pid: Number(pid),
    ...(listensOn === undefined ? {} : {listensOn}),
  }));
  const named = listening.filter(
    ({pid, listensOn}) =>
      listensOn !== undefined ||
      !listening.some((each) => each.pid === pid && each.listensOn !== undefined),
  );
  return {seconds: Math.max(0, Number(seconds)), processes: named};
}

// A row for each process (P), for the digest of each command line (D), and for each address with a listener (L).
const defineScan = `scan() {
  ${psRows} | sed 's/^/P /'
  ${psRows} | awk '{print "/proc/" $1 "/cmdline"}' | xargs sha256sum 2>/dev/null | sed 's/^/D /' || :
  { ss -Hltnp 2>/dev/null || :; } | sed 's/^/L /'
}`;

const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const rememberProgram = `
$1 == "P" { parent[$2] = $3 }
$1 == "D" { split($3, part, "/"); digest[part[3]] = $2 }
$1 == "L" {
  rest = $0
  while (match(rest, /pid=[0-9]+/)) {
    if (index(own, " " substr(rest, RSTART + 4, RLENGTH - 4) " ")) ports[$5] = 1
    rest = substr(rest, RSTART + RLENGTH)
  }
}
END {
  for (pid in digest) {
    if (!index(own, " " pid " ")) other[digest[pid]] = 1
    else if (!index(own, " " parent[pid] " ")) first[digest[pid]] = 1
  }
  for (each in first) if (!(each in other) && each != "${emptyDigest}") print "program " each
  for (each in ports) print "port " each
}`;

const againProgram = `
function portOf(address) { sub(/.*:/, "", address); return address }
function isEvery(address) { return address ~ /^(0\\.0\\.0\\.0|\\*|\\[::\\]):/ }
$1 == "R" && $2 == "program" { programs[$3] = 1 }
$1 == "R" && $2 == "port" { ports[$3] = 1 }
$1 == "D" && ($2 in programs) { split($3, part, "/"); print "process " part[3] }
$1 == "L" {
  for (port in ports) {
    if (portOf(port) != portOf($5) || (port != $5 && !isEvery(port) && !isEvery($5))) continue
    rest = $0
    while (match(rest, /pid=[0-9]+/)) {
      print "process " substr(rest, RSTART + 4, RLENGTH - 4) " " $5
      rest = substr(rest, RSTART + RLENGTH)
    }
  }
}`;

const againScript = (root: string, marker: RunMarker) => `${defineScan}
${sh`memory=${keptFolder(root, marker)}/stopped
[ -e "$memory" ] || return 0
echo "age $(($(date +%s) - $(stat -c %Y -- "$memory")))"
{ sed 's/^/R /' "$memory"; scan; } | awk ${againProgram} | sort -u`}`;
