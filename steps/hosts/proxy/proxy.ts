import {createHash} from 'node:crypto';
import {edited, guardedRun, leave} from '../shell/guarded-edit.ts';
import {keepFolder, type Mark} from '../shell/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';

/** A reverse proxy: its file with the servers behind it, and the unit that reads it again on a reload. */
export interface ReverseProxy {
  readonly file: string;
  readonly unit: string;
  /** A command that says whether the files that lie there could be read. */
  readonly test: readonly string[];
}

export interface ProxyState {
  /** Of the unit, as systemd has them; `null` when they were not asked for. */
  readonly loadState: string | null;
  readonly activeState: string | null;
  readonly inPlace: ProxyFile | null;
  /** What this entry keeps of it on the host. */
  readonly kept: ProxyFile | null;
  /** The digest of the text with which this entry has reloaded the unit. */
  readonly reloadedWith: string | null;
  /** The output of the proxy's own test; `null` when it passed, or was not run. */
  readonly complaint: string | null;
}

export interface ProxyFile {
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
}

export interface ProxyWriter {
  /** Keeps the file on the host, puts `text` in its place, tests and reloads. A text that fails the test is taken out again. */
  switchProxy(
    proxy: ReverseProxy,
    texts: {readonly from: string; readonly text: string},
    mark: Mark,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts the kept file back, if the text of this entry still lies there, and reloads. */
  restoreProxy(proxy: ReverseProxy, text: string, mark: Mark, signal: AbortSignal): Promise<void>;
}

/** The web server in front of an application: nginx, Apache httpd, HAProxy, or any that is reloaded with its unit. */
export function proxyOf(shell: Shell): ProxyWriter & {
  proxyState(
    proxy: ReverseProxy,
    mark: Mark,
    atFirst: boolean,
    signal: AbortSignal,
  ): Promise<ProxyState>;
} {
  const {root} = shell;
  return {
    proxyState: async (proxy, mark, atFirst, signal) =>
      proxyStateIn(await shell.run(lookScript(root, proxy, mark, atFirst), signal)),
    switchProxy: (proxy, texts, mark, signal) =>
      guardedRun(shell, proxy.file, leadScript(root, proxy, texts, mark), signal),
    restoreProxy: (proxy, text, mark, signal) =>
      guardedRun(shell, proxy.file, returnScript(root, proxy, text, mark), signal),
  };
}

// Nobody can write during a switch, so its scripts start as few processes as they can.
const lookScript = (root: string, {file, unit, test}: ReverseProxy, mark: Mark, atFirst: boolean) =>
  `${
    atFirst
      ? sh`systemctl show -p LoadState,ActiveState -- ${unit}
said=$(${test} 2>&1) || printf 'Complaint=exit code %s: %s\n' "$?" "$(printf %s "$said" | tail -n 1)"`
      : ''
  }
${sh`for file in ${[`${root}${file}`, `${keepFolder(root, mark)}/proxy-file`]}; do
  if [ -e "$file" ]; then sha256sum < "$file"; stat -L -c '%a %U:%G' -- "$file"; else echo -; echo -; fi
done
if [ -e ${keepFolder(root, mark)}/reloaded ]; then read -r with < ${keepFolder(root, mark)}/reloaded; echo "$with"; fi`}`;

function proxyStateIn(text: string): ProxyState {
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
  const lines = text.split('\n').filter((line) => line !== '' && !/^\w+=/.test(line));
  const [sha, owned, keptSha, keptOwned, reloaded] = lines;
  return {
    loadState: property('LoadState') ?? null,
    activeState: property('ActiveState') ?? null,
    inPlace: proxyFile(sha, owned),
    kept: proxyFile(keptSha, keptOwned),
    reloadedWith: reloaded || null,
    complaint: property('Complaint') ?? null,
  };
}

/** `<digest>  -`, and `<mode> <owner>` */
function proxyFile(sha = '-', owned = ''): ProxyFile | null {
  const [sha256 = '-'] = sha.split(' ');
  const [mode = '', owner = ''] = owned.split(' ');
  return sha256 === '-' ? null : {sha256, mode, owner};
}

/** Of a text that we write there ourselves, and so in UTF-8. */
export const sha256OfText = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex');

const digest = (text: string) => `${sha256OfText(text)}  -`;

// A proxy reads by pattern what lies in its folder, but no name with a dot in front: what is not whole yet has one.
const begin = (root: string, {file, test}: ReverseProxy, mark: Mark) =>
  sh`place=${root}${file}
if [ -L "$place" ]; then place=$(readlink -f -- "$place"); fi
copies="\${place%/*}/.\${place##*/}.switcharoo"
copy="$copies.$$"
folder=${keepFolder(root, mark)}
kept=${keepFolder(root, mark)}/proxy-file
reloaded=${keepFolder(root, mark)}/reloaded
now=$(sha256sum < "$place")
put_back() {
  cp -p -- "$kept" "$copy"
  mv -f -- "$copy" "$place"
}
passes() {
  said=$(${test} 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}`;

// A script whose run was killed goes on by itself, and may meet the one of the resumed run: what is kept is
// never kept again, and what is not whole yet has a name of its own. The original is on the disk before the proxy reads anything. That it was reloaded is noted last: without the note it is done again.
const leadScript = (
  root: string,
  proxy: ReverseProxy,
  {from, text}: {from: string; text: string},
  mark: Mark,
) => `${begin(root, proxy, mark)}
${sh`if [ "$now" = ${digest(text)} ] && [ -e "$reloaded" ]; then return; fi
if [ "$now" != ${digest(text)} ]; then
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
passes || { put_back; exit 1; }
systemctl reload -- ${proxy.unit}
echo ${sha256OfText(text)} > "$reloaded"`}`;

const returnScript = (root: string, proxy: ReverseProxy, text: string, mark: Mark) =>
  `${begin(root, proxy, mark)}
${sh`if [ ! -e "$kept" ]; then return; fi
if [ "$now" != "$(sha256sum < "$kept")" ]; then
  if [ "$now" != ${digest(text)} ]; then echo ${edited}; return; fi
  put_back
  sync "$place"
fi
passes
if systemctl is-active -- ${proxy.unit} >/dev/null; then systemctl reload -- ${proxy.unit}; fi
rm -f -- "$reloaded" "$kept".* "$copies".* "$kept"`}
${leave(root, mark)}`;
