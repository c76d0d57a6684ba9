import {sha256} from './crontab-text.ts';
import {edited, guardedRun, leave} from './guarded.ts';
import {keepFolder, type Mark} from './mark.ts';
import {type Shell, sh} from './shell.ts';

/** A front door's file, and how the door is told to read it again. */
export interface Door {
  readonly file: string;
  readonly unit: string;
  /** A command that says whether the files that lie there could be read. */
  readonly test: readonly string[];
}

export interface DoorState {
  readonly loadState: string;
  readonly activeState: string;
  readonly inPlace: DoorFile | null;
  /** What this entry keeps of it on the host. */
  readonly kept: DoorFile | null;
  /** The digest of the text with which this entry has reloaded the unit. */
  readonly reloadedWith: string | null;
  /** What the door's own test said; `null` when it passed, or was not asked for. */
  readonly complaint: string | null;
}

export interface DoorFile {
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
}

export interface DoorWriter {
  /** Keeps the file on the host, puts `text` in its place, tests and reloads. A text that fails the test is taken out again. */
  leadDoor(
    door: Door,
    texts: {readonly from: string; readonly text: string},
    mark: Mark,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts the kept file back, if the text of this entry still lies there, and reloads. */
  returnDoor(door: Door, text: string, mark: Mark, signal: AbortSignal): Promise<void>;
}

/** The web server in front of an application: nginx, Apache httpd, HAProxy, or any that is reloaded with its unit. */
export function doorOf(shell: Shell): DoorWriter & {
  door(door: Door, mark: Mark, testIt: boolean, signal: AbortSignal): Promise<DoorState>;
} {
  const {root} = shell;
  return {
    door: async (door, mark, testIt, signal) =>
      doorState(await shell.run(lookScript(root, door, mark, testIt), signal)),
    leadDoor: (door, texts, mark, signal) =>
      guardedRun(shell, door.file, leadScript(root, door, texts, mark), signal),
    returnDoor: (door, text, mark, signal) =>
      guardedRun(shell, door.file, returnScript(root, door, text, mark), signal),
  };
}

const lookScript = (root: string, {file, unit, test}: Door, mark: Mark, testIt: boolean) =>
  `describe() {
  [ ! -e "$1" ] || printf '%s %s' "$(sha256sum < "$1")" "$(stat -L -c '%a %U:%G' -- "$1")"
  echo
}
${sh`systemctl show -p LoadState,ActiveState -- ${unit}
echo @
describe ${root}${file}
describe ${keepFolder(root, mark)}/door
cat ${keepFolder(root, mark)}/reloaded 2>/dev/null || echo`}
${testIt ? sh`said=$(${test} 2>&1) || printf 'it ends with %s: %s' "$?" "$(printf %s "$said" | tail -n 1)"` : ''}`;

function doorState(text: string): DoorState {
  const [shown = '', rest = ''] = text.split(/^@\n/m);
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1];
  const [inPlace, kept, reloaded, ...complaint] = rest.split('\n');
  return {
    loadState: property('LoadState') ?? 'not-found',
    activeState: property('ActiveState') ?? 'inactive',
    inPlace: doorFile(inPlace),
    kept: doorFile(kept),
    reloadedWith: reloaded || null,
    complaint: complaint.join(' ').trim() || null,
  };
}

/** `<digest>  - <mode> <owner>` */
function doorFile(line = ''): DoorFile | null {
  const [sha256 = '', , mode = '', owner = ''] = line.split(/ +/);
  return sha256 === '' ? null : {sha256, mode, owner};
}

const digest = (text: string) => `${sha256(text)}  -`;

// A door reads by pattern what lies in its folder, but no name with a dot in front: what is not whole yet has one.
const begin = (root: string, {file, test}: Door, mark: Mark) =>
  sh`place=$(readlink -f -- ${root}${file})
copy="$(dirname -- "$place")/.$(basename -- "$place").switcharoo"
kept=${keepFolder(root, mark)}/door
reloaded=${keepFolder(root, mark)}/reloaded
now=$(sha256sum < "$place")
put_back() {
  cp -p -- "$kept" "$copy"
  mv -f -- "$copy" "$place"
}
passes() {
  said=$(${test} 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}`;

// The original is on the disk before the door hears of anything. That it was reloaded is noted last: without the note it is done again.
const leadScript = (
  root: string,
  door: Door,
  {from, text}: {from: string; text: string},
  mark: Mark,
) => `${begin(root, door, mark)}
${sh`if [ "$now" = ${digest(text)} ] && [ "$(cat "$reloaded" 2>/dev/null)" = ${sha256(text)} ]; then return; fi
if [ "$now" != ${digest(text)} ]; then
  if [ "$now" != ${`${from}  -`} ]; then echo ${edited}; return; fi
  (umask 077; mkdir -p "$(dirname -- "$kept")")
  cp -p -- "$place" "$kept.new"
  mv -f -- "$kept.new" "$kept"
  cp -p -- "$place" "$copy"
  printf %s ${Buffer.from(text).toString('base64')} | base64 -d > "$copy"
  sync "$kept" "$copy"
  mv -f -- "$copy" "$place"
fi
passes || { put_back; exit 1; }
systemctl reload -- ${door.unit}
echo ${sha256(text)} > "$reloaded"`}`;

const returnScript = (root: string, door: Door, text: string, mark: Mark) =>
  `${begin(root, door, mark)}
${sh`if [ ! -e "$kept" ]; then return; fi
if [ "$now" != "$(sha256sum < "$kept")" ]; then
  if [ "$now" != ${digest(text)} ]; then echo ${edited}; return; fi
  put_back
  sync "$place"
fi
passes
if systemctl is-active -- ${door.unit} >/dev/null; then systemctl reload -- ${door.unit}; fi
rm -f -- "$reloaded" "$kept.new" "$copy" "$kept"`}
${leave(root, mark)}`;
