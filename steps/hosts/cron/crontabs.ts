import {edited, guardedRun, leave} from '../shell/guarded-edit.ts';
import {keepFolder, type Mark, markName} from '../shell/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';
import {declaredIn} from '../supervisor/config-text.ts';
import {sha256, usersIn} from './crontab-text.ts';

/** A user's crontab. Its text may hold secrets: it must not reach a verdict, a plan or the journal. */
export interface CrontabState {
  readonly user: string;
  /** Whether the host knows the account. */
  readonly account: boolean;
  readonly text: string | null;
  /** What this entry keeps of it on the host, and what it installed in its place. */
  readonly kept: {readonly original: string; readonly installed: string} | null;
}

/** A file that cron reads, or runs. */
export interface CronFileState {
  readonly path: string;
  readonly inPlace: CronFile | null;
  /** What this entry has moved aside. */
  readonly kept: CronFile | null;
}

export interface CronFile {
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
  readonly users: readonly string[];
  /** The groups, and the programs without one, that it declares to supervisord. */
  readonly declares: readonly string[];
}

export interface CronWriter {
  /** Keeps the original on the host and installs the other text, if the crontab still is `from` (or already is `to`). */
  replaceCrontab(
    user: string,
    texts: {readonly from: string; readonly to: string},
    mark: Mark,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts the kept original back, if the crontab still is what was installed, and forgets it. */
  restoreCrontab(user: string, mark: Mark, signal: AbortSignal): Promise<void>;
  /** Moves a file out of the sight of whatever reads its folder, mode and owner kept. */
  moveCronFile(path: string, mark: Mark, signal: AbortSignal): Promise<void>;
  returnCronFile(path: string, mark: Mark, signal: AbortSignal): Promise<void>;
}

/** cron on a host. What is kept stays on the host, for root alone, so that it can be put back from any machine. */
export function cronOf(shell: Shell): CronWriter & {
  crontabUsers(mark: Mark, signal: AbortSignal): Promise<readonly string[]>;
  crontabs(
    users: readonly string[],
    mark: Mark,
    signal: AbortSignal,
  ): Promise<readonly CrontabState[]>;
  cronFiles(
    paths: readonly string[],
    mark: Mark,
    signal: AbortSignal,
  ): Promise<readonly CronFileState[]>;
} {
  const {root} = shell;
  const guarded = (what: string, script: string, signal: AbortSignal) =>
    guardedRun(shell, what, script, signal);
  return {
    crontabUsers: async (mark, signal) => words(await shell.run(spoolScript(root, mark), signal)),
    crontabs: async (users, mark, signal) =>
      users.length === 0
        ? []
        : rows(await shell.run(crontabsScript(root, users, mark), signal)).map(crontabState),
    cronFiles: async (paths, mark, signal) =>
      paths.length === 0
        ? []
        : rows(await shell.run(cronFilesScript(root, paths, mark), signal)).map(cronFileState),
    replaceCrontab: (user, texts, mark, signal) =>
      guarded(`The crontab of ${user}`, replaceScript(root, user, texts, mark), signal),
    restoreCrontab: (user, mark, signal) =>
      guarded(`The crontab of ${user}`, restoreScript(root, user, mark), signal),
    moveCronFile: (path, mark, signal) => guarded(path, moveScript(root, path, mark), signal),
    returnCronFile: (path, mark, signal) => guarded(path, returnScript(root, path, mark), signal),
  };
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

// The spools of Debian, SUSE and RHEL (cron(8) of each). What crontab(1) is writing there begins with `tmp.` or a dot. Who
// had one that this entry keeps is asked for too, also when somebody has removed it since.
const spoolScript = (root: string, mark: Mark) =>
  sh`{
  for spool in ${['/crontabs', '/tabs', '']}; do
    if cd ${root}/var/spool/cron"$spool" 2>/dev/null; then
      find . -maxdepth 1 -type f ! -name '.*' ! -name 'tmp.*' | sed 's|^\./||'
      break
    fi
  done
  if cd ${keepFolder(root, mark)} 2>/dev/null; then
    find . -maxdepth 1 -name 'crontab-*' ! -name '*~*' | sed 's|^\./crontab-||'
  fi
} | sort -u`;

// Latin-1 keeps every byte, whatever the file's encoding is.
// One row a crontab or file: words, with `-` for nothing and texts in base64.
const rows = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
const decoded = (word: string | undefined) =>
  Buffer.from(word === undefined || word === '-' ? '' : word, 'base64').toString('latin1');
// In a shell pipeline a file of nothing and no file look alike, so each text is sent with a byte before it.
const textOf = (word: string | undefined) =>
  word === undefined || word === '-' ? null : decoded(word).slice(1);

const encode = `encode() { { printf x; cat; } | base64 | tr -d '\\n'; }`;

// crontab(1) ends with 1 for an account without a crontab, for no such account, and for one whose crontab it does not show:
// its jobs run all the same (crontab(1), Debian, on cron.allow).
const crontabsScript = (root: string, users: readonly string[], mark: Mark) =>
  `${encode}
${sh`for user in ${users}; do
  kept=${keepFolder(root, mark)}/crontab-"$user"
  text=- account=yes original=- installed=-
  if said=$(crontab -l -u "$user" 2>&1 >/dev/null); then
    text=$(crontab -l -u "$user" | encode)
  else
    case $said in
      'no crontab for'*) ;;
      *unknown*) account=no ;;
      *) printf '%s\n' "$said" >&2; exit 1 ;;
    esac
  fi
  [ ! -e "$kept" ] || original=$(encode < "$kept")
  [ ! -e "$kept~installed" ] || installed=$(encode < "$kept~installed")
  printf '%s %s %s %s %s\n' "$user" "$text" "$account" "$original" "$installed"
done`}`;

function crontabState([
  user = '',
  text,
  account,
  original,
  installed,
]: readonly string[]): CrontabState {
  const kept = {original: textOf(original), installed: textOf(installed)};
  return {
    user,
    account: account === 'yes',
    text: textOf(text),
    kept:
      kept.original === null || kept.installed === null
        ? null
        : {original: kept.original, installed: kept.installed},
  };
}

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

// The original is on the disk before cron hears of anything.
const replaceScript = (
  root: string,
  user: string,
  {from, to}: {from: string; to: string},
  mark: Mark,
) =>
  sh`now=$(crontab -l -u ${user} | sha256sum)
if [ "$now" = ${`${sha256(to)}  -`} ]; then return; fi
if [ "$now" != ${`${sha256(from)}  -`} ]; then echo ${edited}; return; fi
umask 077
mkdir -p ${keepFolder(root, mark)}
cd ${keepFolder(root, mark)}
crontab -l -u ${user} > ${`crontab-${user}~new`}
printf %s ${base64(to)} | base64 -d > ${`crontab-${user}~installed`}
mv -f ${`crontab-${user}~new`} ${`crontab-${user}`}
sha256sum ${`crontab-${user}`} ${`crontab-${user}~installed`} > ${`crontab-${user}~sha256`}
sync ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`]}
sha256sum -c --quiet ${`crontab-${user}~sha256`}
crontab -u ${user} - < ${`crontab-${user}~installed`}
if [ "$(crontab -l -u ${user} | sha256sum)" != ${`${sha256(to)}  -`} ]; then
  echo 'the crontab reads back differently from what was installed' >&2
  exit 1
fi`;

const restoreScript = (
  root: string,
  user: string,
  mark: Mark,
) => `${sh`if [ ! -e ${keepFolder(root, mark)}/${`crontab-${user}`} ]; then return; fi
cd ${keepFolder(root, mark)}
now=$(crontab -l -u ${user} | sha256sum)
original=$(sha256sum < ${`crontab-${user}`})
if [ "$now" != "$original" ]; then
  if [ "$now" != "$(sha256sum < ${`crontab-${user}~installed`})" ]; then echo ${edited}; return; fi
  crontab -u ${user} - < ${`crontab-${user}`}
  if [ "$(crontab -l -u ${user} | sha256sum)" != "$original" ]; then
    echo 'the crontab reads back differently from what was put back' >&2
    exit 1
  fi
fi
rm -f ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`, `crontab-${user}~new`]}`}
${leave(root, mark)}`;

const cronFilesScript = (root: string, paths: readonly string[], mark: Mark) =>
  `${encode}
describe() {
  if [ -e "$1" ]; then
    printf ' %s %s %s' "$(stat -c %a -- "$1")" "$(stat -c %U:%G -- "$1")" "$(encode < "$1")"
  else
    printf ' - - -'
  fi
}
${paths
  .map((path) => {
    const {place, aside, kept} = placesOf(root, path, mark);
    return sh`printf %s ${path}
describe ${place}
if [ -e ${kept} ]; then describe ${kept}; else describe ${aside}; fi
echo`;
  })
  .join('\n')}`;

function cronFileState([path = '', ...words]: readonly string[]): CronFileState {
  return {path, inPlace: cronFile(path, words.slice(0, 3)), kept: cronFile(path, words.slice(3))};
}

/** The scripts of /etc/cron.hourly and its like, and anacron's jobs, run as root (anacrontab(5)). */
const namesUsers = (path: string) => path === '/etc/crontab' || path.startsWith('/etc/cron.d/');

function cronFile(
  path: string,
  [mode = '', owner = '', encoded]: readonly string[],
): CronFile | null {
  const text = textOf(encoded);
  return text === null
    ? null
    : {
        sha256: sha256(text),
        mode,
        owner,
        users: namesUsers(path) ? usersIn(text) : ['root'],
        declares: declaredIn(text),
      };
}

/** The name that a file has in its own folder between its place and /var/lib/switcharoo. */
export const asideName = (name: string, mark: Mark): string =>
  `.${name}.switcharoo-${markName(mark)}`;

/** Paths that are given have no `~` in them: what is kept beside a file cannot be taken for another one. */
function placesOf(root: string, path: string, mark: Mark) {
  const [folder, name] = [
    path.slice(0, path.lastIndexOf('/')),
    path.slice(path.lastIndexOf('/') + 1),
  ];
  return {
    place: `${root}${path}`,
    folder: `${root}${folder}`,
    aside: `${root}${folder}/${asideName(name, mark)}`,
    kept: `${keepFolder(root, mark)}/files${path}`,
  };
}

const begin = ({place, aside, kept}: ReturnType<typeof placesOf>) =>
  sh`place=${place} aside=${aside} kept=${kept}
there() { [ -e "$1" ] || [ -L "$1" ]; }
original=$kept
there "$kept" || original=$aside
if there "$place" && there "$original" && ! cmp -s -- "$place" "$original"; then echo ${edited}; return; fi`;

// A rename is the one moment at which the file is gone, or back: whoever reads or writes it has it before, or does not
// have it. /var may be another file system, so it is a rename in the file's own folder, to a name with a dot in front,
// which cron, atd and supervisord do not read (cron(8), Debian). What is kept is whole before it has its name.
export const moveScript = (root: string, path: string, mark: Mark) => {
  const places = placesOf(root, path, mark);
  return `${begin(places)}
${sh`if there "$place"; then
  if there "$original"; then
    rm -- "$place"
  elif ! said=$(mv -fT -- "$place" "$aside" 2>&1) && there "$place"; then
    printf '%s\n' "$said" >&2
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
};

export const returnScript = (root: string, path: string, mark: Mark) => {
  const places = placesOf(root, path, mark);
  return `${begin(places)}
${sh`if ! there "$original"; then return; fi
if [ -e "$kept" ]; then
  rm -f -- "$aside"
  if [ -L "$kept~link" ]; then cp -P -- "$kept~link" "$aside"; else cp -a -- "$kept" "$aside"; fi
  [ -L "$aside" ] || sync -- "$aside"
  rm -f -- "$kept"
fi
rm -f -- "$kept"~*`}
${leave(root, mark)}
${sh`mv -fT -- "$aside" "$place"
sync -- ${places.folder}`}`;
};
