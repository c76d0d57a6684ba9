import type {FileState, HostFile, RunMarker} from '../contract.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import {defineEncode, rowsIn, sha256, textIn} from './encoded-text.ts';
import {edited, guardedRun, removeEmptyFolders} from './guarded-edit.ts';
import {keptFolder, markerName} from './run-marker.ts';

/**
 * Reads files that a step moves aside, in place and as kept. `describe` adds what the caller reads from a text; the
 * text itself, which may hold secrets, goes no further.
 */
export async function readFiles<Described>(
  shell: Shell,
  paths: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
  describe: (path: string, text: string) => Described,
): Promise<readonly FileState<HostFile & Described>[]> {
  if (paths.length === 0) {
    return [];
  }
  const output = await shell.run(readScript(shell.root, paths, marker), signal);
  return rowsIn(output).map(([path = '', ...words]) => {
    const fileOf = ([mode = '', owner = '', encoded]: readonly string[]) => {
      const text = textIn(encoded);
      return text === null ? null : {sha256: sha256(text), mode, owner, ...describe(path, text)};
    };
    return {path, inPlace: fileOf(words.slice(0, 3)), kept: fileOf(words.slice(3))};
  });
}

/** Moves a file aside: first within its folder, then below /var/lib/switcharoo. */
export const moveAside = (
  shell: Shell,
  path: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> => guardedRun(shell, path, moveAsideScript(shell.root, path, marker), signal);

/** Restores a file that was moved aside: content, mode, owner, and a link as a link. */
export const restoreFile = (
  shell: Shell,
  path: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> => guardedRun(shell, path, restoreScript(shell.root, path, marker), signal);

/** Files that were edited while they were moved aside: in place again, with another content than the kept one. */
export const editedFiles = <File extends HostFile>(
  files: readonly FileState<File>[],
): readonly FileState<File>[] =>
  files.filter(
    ({inPlace, kept}) => inPlace !== null && kept !== null && inPlace.sha256 !== kept.sha256,
  );

/** The name that a file has in its own folder on the way to /var/lib/switcharoo. */
export const asideName = (name: string, marker: RunMarker): string =>
  `.${name}.switcharoo-${markerName(marker)}`;

/** Given paths have no `~` in them: a copy beside a file cannot be taken for another file. */
function pathsOf(root: string, path: string, marker: RunMarker) {
  const [folder, name] = [
    path.slice(0, path.lastIndexOf('/')),
    path.slice(path.lastIndexOf('/') + 1),
  ];
  return {
    place: `${root}${path}`,
    folder: `${root}${folder}`,
    aside: `${root}${folder}/${asideName(name, marker)}`,
    kept: `${keptFolder(root, marker)}/files${path}`,
  };
}

const readScript = (root: string, paths: readonly string[], marker: RunMarker) =>
  `${defineEncode}
describe() {
  if [ -e "$1" ]; then
    printf ' %s %s %s' "$(stat -c %a -- "$1")" "$(stat -c %U:%G -- "$1")" "$(encode < "$1")"
  else
    printf ' - - -'
  fi
}
${paths
  .map((path) => {
    const {place, aside, kept} = pathsOf(root, path, marker);
    return sh`printf %s ${path}
describe ${place}
if [ -e ${kept} ]; then describe ${kept}; else describe ${aside}; fi
echo`;
  })
  .join('\n')}`;

const begin = ({place, aside, kept}: ReturnType<typeof pathsOf>) =>
  sh`place=${place} aside=${aside} kept=${kept}
there() { [ -e "$1" ] || [ -L "$1" ]; }
original=$kept
there "$kept" || original=$aside
if there "$place" && there "$original" && ! cmp -s -- "$place" "$original"; then echo ${edited}; return; fi`;

/**
 * The file goes, and comes back, in one rename: a reader or writer has it before, or does not have it. /var may be
 * another file system, so the rename is in the file's own folder, to a name with a leading dot, which cron, atd and
 * supervisord do not read (cron(8), Debian). The kept copy is whole before it has its name.
 */
export const moveAsideScript = (root: string, path: string, marker: RunMarker) =>
  `${begin(pathsOf(root, path, marker))}
${sh`if there "$place"; then
  if there "$original"; then
    rm -- "$place"
  elif ! output=$(mv -fT -- "$place" "$aside" 2>&1) && there "$place"; then
    printf '%s\n' "$output" >&2
    exit 1
  fi
fi
if there "$aside" && [ ! -e "$kept" ]; then
  umask 077
  mkdir -p -- "$(dirname -- "$kept")"
  rm -f -- "$kept"~*
  if [ -L "$aside" ]; then cp -P -- "$aside" "$kept~link"; fi
  cp -aL -- "$aside" "$kept~$$"
  mv -fT -- "$kept~$$" "$kept"
  sync -- "$kept"
fi
rm -f -- "$aside"`}`;

export const restoreScript = (root: string, path: string, marker: RunMarker) => {
  const paths = pathsOf(root, path, marker);
  return `${begin(paths)}
${sh`if ! there "$original"; then return; fi
if [ -e "$kept" ]; then
  rm -f -- "$aside"
  if [ -L "$kept~link" ]; then cp -P -- "$kept~link" "$aside"; else cp -a -- "$kept" "$aside"; fi
  [ -L "$aside" ] || sync -- "$aside"
  rm -f -- "$kept"
fi
rm -f -- "$kept"~*`}
${removeEmptyFolders(root, marker)}
${sh`mv -fT -- "$aside" "$place"
sync -- ${paths.folder}`}`;
};
