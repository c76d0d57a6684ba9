import type {RunMarker} from '../contract.ts';
import {edited, guardedRun, removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {OwnFile, OwnFileState} from './contract.ts';
import {reloadScript, sha256OfText} from './proxy.ts';

// A file that the reverse proxy reads beside its own ones, and that is there for as long as a change is in place.

export async function readOwnFile(
  shell: Shell,
  file: OwnFile,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<OwnFileState> {
  const output = await shell.run(readScript(shell.root, file, marker), signal);
  const [sum = '-', reloaded = '-'] = output.split('\n');
  const [sha256 = '-'] = sum.split(' ');
  return {
    isThere: sha256 !== '-',
    isWritten: sha256 === sha256OfText(file.text),
    isOwn: reloaded !== '-',
    isLoaded: reloaded === sha256OfText(file.text),
  };
}

export const putOwnFile = (
  shell: Shell,
  file: OwnFile,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> => guardedRun(shell, file.file, putScript(shell.root, file, marker), signal);

export const removeOwnFile = (
  shell: Shell,
  file: OwnFile,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> => guardedRun(shell, file.file, removeScript(shell.root, file, marker), signal);

const readScript = (root: string, {file}: OwnFile, marker: RunMarker) =>
  sh`if [ -e ${`${root}${file}`} ]; then sha256sum < ${`${root}${file}`}; else echo -; fi
if [ -e ${`${keptFolder(root, marker)}/reloaded`} ]; then cat ${`${keptFolder(root, marker)}/reloaded`}; else echo -; fi`;

const begin = (root: string, {file, test, text}: OwnFile, marker: RunMarker) =>
  sh`place=${root}${file}
copies="\${place%/*}/.\${place##*/}.switcharoo"
folder=${keptFolder(root, marker)}
reloaded=${`${keptFolder(root, marker)}/reloaded`}
is_there() { [ -e "$place" ] || [ -L "$place" ]; }
if is_there && [ "$(sha256sum < "$place")" != ${`${sha256OfText(text)}  -`} ]; then echo ${edited}; return; fi
passes() {
  output=$(${test} 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}`;

// The note is there before the file: so a file that a killed run has left is known as its own. It says `writing` until
// the proxy has read the file.
const putScript = (root: string, file: OwnFile, marker: RunMarker) => `${begin(root, file, marker)}
${sh`umask 022
mkdir -p -- "$folder"
[ -e "$reloaded" ] || echo writing > "$reloaded"
printf %s ${Buffer.from(file.text).toString('base64')} | base64 -d > "$copies.$$"
sync "$copies.$$" "$reloaded"
mv -f -- "$copies.$$" "$place"
passes || { rm -f -- "$place" "$reloaded"; exit 1; }`}
${reloadScript(file.unit)}
${sh`echo ${sha256OfText(file.text)} > "$reloaded"`}`;

const removeScript = (root: string, file: OwnFile, marker: RunMarker) =>
  `${begin(root, file, marker)}
${sh`if [ ! -e "$reloaded" ]; then return; fi
rm -f -- "$place" "$copies".*
passes
if systemctl is-active -- ${file.unit} >/dev/null; then systemctl reload -- ${file.unit}; fi
rm -f -- "$reloaded"`}
${removeEmptyFolders(root, marker)}`;
