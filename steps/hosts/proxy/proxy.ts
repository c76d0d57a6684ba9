import {createHash} from 'node:crypto';
import type {HostFile, ProxyState, ReverseProxy, RunMarker} from '../contract.ts';
import {edited, guardedRun, removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

// The web server in front of an application: nginx, Apache httpd, HAProxy, or any that is reloaded with its unit.

export async function readProxy(
  shell: Shell,
  proxy: ReverseProxy,
  marker: RunMarker,
  withTest: boolean,
  signal: AbortSignal,
): Promise<ProxyState> {
  const test = withTest ? testScript(proxy) : '';
  return stateIn(await shell.run(`${test}\n${filesScript(shell.root, proxy, marker)}`, signal));
}

export const switchProxy = (
  shell: Shell,
  proxy: ReverseProxy,
  texts: {readonly from: string; readonly text: string},
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(shell, proxy.file, switchScript(shell.root, proxy, texts, marker), signal);

export const restoreProxy = (
  shell: Shell,
  proxy: ReverseProxy,
  text: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(shell, proxy.file, restoreScript(shell.root, proxy, text, marker), signal);

/** The digest of a text that switcharoo writes, which is in UTF-8. */
export const sha256OfText = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex');

const testScript = ({unit, test}: ReverseProxy) =>
  `${unit === null ? '' : sh`systemctl show -p LoadState,ActiveState -- ${unit}`}
${sh`output=$(${commandOf(test)} 2>&1) || printf 'Complaint=exit code %s: %s\n' "$?" "$(printf %s "$output" | tail -n 1)"`}`;

const commandOf = (test: readonly string[]) => (test.length === 0 ? ['true'] : test);

// Nobody can write during a switch, so its scripts start as few processes as they can.
const filesScript = (root: string, {file}: ReverseProxy, marker: RunMarker) =>
  sh`for file in ${[`${root}${file}`, `${keptFolder(root, marker)}/proxy-file`]}; do
  if [ -e "$file" ]; then sha256sum < "$file"; stat -L -c '%a %U:%G' -- "$file"; else echo -; echo -; fi
done
if [ -e ${keptFolder(root, marker)}/reloaded ]; then read -r with < ${keptFolder(root, marker)}/reloaded; echo "$with"; fi`;

function stateIn(output: string): ProxyState {
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1];
  const lines = output.split('\n').filter((line) => line !== '' && !/^\w+=/.test(line));
  const [sum, access, keptSum, keptAccess, reloaded] = lines;
  return {
    loadState: property('LoadState') ?? null,
    activeState: property('ActiveState') ?? null,
    inPlace: fileIn(sum, access),
    kept: fileIn(keptSum, keptAccess),
    reloadedWith: reloaded || null,
    complaint: property('Complaint') ?? null,
  };
}

/** `<digest>  -`, and `<mode> <owner>` */
function fileIn(sum = '-', access = ''): HostFile | null {
  const [sha256 = '-'] = sum.split(' ');
  const [mode = '', owner = ''] = access.split(' ');
  return sha256 === '-' ? null : {sha256, mode, owner};
}

/** As sha256sum prints it. */
const sumOf = (text: string) => `${sha256OfText(text)}  -`;

// A proxy reads its folder by pattern, but no name with a leading dot: a file that is not whole yet has one.
const begin = (root: string, {file, test}: ReverseProxy, marker: RunMarker) =>
  sh`place=${root}${file}
if [ -L "$place" ]; then place=$(readlink -f -- "$place"); fi
copies="\${place%/*}/.\${place##*/}.switcharoo"
copy="$copies.$$"
folder=${keptFolder(root, marker)}
kept=${keptFolder(root, marker)}/proxy-file
reloaded=${keptFolder(root, marker)}/reloaded
now=$(sha256sum < "$place")
restore_kept() {
  cp -p -- "$kept" "$copy"
  mv -f -- "$copy" "$place"
}
passes() {
  output=$(${commandOf(test)} 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}`;

/**
 * Reloads, and waits half a second at most until no earlier worker takes a new connection: nginx starts its new
 * workers, and tells the old ones 100 ms later (ngx_process_cycle.c, "allow new processes to start"). An old one then
 * ends, or says in its title that it is shutting down.
 */
export const reloadScript = (unit: string) =>
  sh`main=$(systemctl show -p MainPID -- ${unit} | sed -n 's/^MainPID=//p')
workers=$(cat "/proc/$main/task/$main/children" 2>/dev/null || :)
systemctl reload -- ${unit}
tries=0
while [ "$tries" -lt 50 ]; do
  accepting=
  for worker in $workers; do
    if [ -e "/proc/$worker" ] && ! grep -q 'shutting down' "/proc/$worker/cmdline" 2>/dev/null; then accepting=$worker; fi
  done
  if [ -z "$accepting" ]; then break; fi
  tries=$((tries + 1))
  sleep 0.01
done`;

// A script of a killed run may still be running beside the one of the resumed run: an original is never kept twice, and
// a file that is not whole yet has a name of its own. The original is on the disk before the proxy reads anything. The
// reload is noted last: without the note it is done again.
const switchScript = (
  root: string,
  proxy: ReverseProxy,
  {from, text}: {from: string; text: string},
  marker: RunMarker,
) => `${begin(root, proxy, marker)}
${sh`if [ "$now" = ${sumOf(text)} ] && [ -e "$reloaded" ]; then return; fi
if [ "$now" != ${sumOf(text)} ]; then
  if [ "$now" != ${`${from}  -`} ]; then echo ${edited}; return; fi
  umask 077
  mkdir -p -- "$folder"
  if [ ! -e "$kept" ]; then
    cp -p -- "$place" "$kept.$$"
    if [ "$(sha256sum < "$kept.$$")" != ${`${from}  -`} ]; then rm -- "$kept.$$"; echo ${edited}; return; fi
    mv -f -- "$kept.$$" "$kept"
  fi
  cp -p -- "$kept" "$copy"
  printf %s ${Buffer.from(text).toString('base64')} | base64 -d > "$copy"
  sync "$kept" "$copy"
  mv -f -- "$copy" "$place"
fi
passes || { restore_kept; exit 1; }`}
${proxy.unit === null ? '' : reloadScript(proxy.unit)}
${sh`echo ${sha256OfText(text)} > "$reloaded"`}`;

const restoreScript = (root: string, proxy: ReverseProxy, text: string, marker: RunMarker) =>
  `${begin(root, proxy, marker)}
${sh`if [ ! -e "$kept" ]; then return; fi
if [ "$now" != "$(sha256sum < "$kept")" ]; then
  if [ "$now" != ${sumOf(text)} ]; then echo ${edited}; return; fi
  restore_kept
  sync "$place"
fi
passes`}
${proxy.unit === null ? '' : reloadIfActive(proxy.unit)}
${sh`rm -f -- "$reloaded" "$kept".* "$copies".* "$kept"`}
${removeEmptyFolders(root, marker)}`;

const reloadIfActive = (unit: string) => `${sh`if systemctl is-active -- ${unit} >/dev/null; then`}
${reloadScript(unit)}
fi`;
