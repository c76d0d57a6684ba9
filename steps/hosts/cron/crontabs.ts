import type {CrontabState, RunMarker} from '../contract.ts';
import {base64Of, defineEncode, rowsIn, sha256, textIn} from '../files/encoded-text.ts';
import {edited, guardedRun, removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {asideName} from '../files/set-aside.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

// The kept originals stay on the host, for root alone: they can be restored from any machine.

export async function readCrontabUsers(
  shell: Shell,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const output = await shell.run(usersScript(shell.root, marker), signal);
  return output.split(/\s+/).filter((word) => word !== '');
}

export async function readCrontabs(
  shell: Shell,
  users: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly CrontabState[]> {
  return users.length === 0
    ? []
    : rowsIn(await shell.run(crontabsScript(shell.root, users, marker), signal)).map(crontabState);
}

export const replaceCrontab = (
  shell: Shell,
  user: string,
  texts: {readonly from: string; readonly to: string},
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(
    shell,
    `The crontab of ${user}`,
    replaceScript(shell.root, user, texts, marker),
    signal,
  );

export const restoreCrontab = (
  shell: Shell,
  user: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(shell, `The crontab of ${user}`, restoreScript(shell.root, user, marker), signal);

/** The path of a crontab file of this entry's on its way into the spool. */
const freshName = (user: string, marker: RunMarker) => asideName(user, marker);

// The spools of Debian, SUSE and RHEL (cron(8) of each).
const enterSpool = (root: string) => sh`spool=${root}/var/spool/cron
for below in ${['crontabs', 'tabs']}; do
  if [ -d "$spool/$below" ]; then spool=$spool/$below; break; fi
done`;

// A file that crontab(1) is writing there begins with `tmp.` or a dot. A user whose crontab this entry keeps is listed
// even when somebody has removed the crontab since.
const usersScript = (root: string, marker: RunMarker) =>
  `${enterSpool(root)}
${sh`{
  if cd "$spool" 2>/dev/null; then
    find -L . -maxdepth 1 -type f ! -name '.*' ! -name 'tmp.*' ! -name cron.update | sed 's|^\./||'
  fi
  if cd ${keptFolder(root, marker)} 2>/dev/null; then
    find . -maxdepth 1 -name 'crontab-*' ! -name '*~*' | sed 's|^\./crontab-||'
  fi
} | sort -u`}`;

// The file itself, and not `crontab -l`, which leaves out comments at its beginning, and which shows a text that
// `crontab -` may refuse, of a file that cron has been reading for years (Debian, crontab.c). Without a file, only
// crontab(1) knows whether there is such an account.
const crontabsScript = (root: string, users: readonly string[], marker: RunMarker) =>
  `${defineEncode}
${enterSpool(root)}
${sh`for user in ${users}; do
  kept=${keptFolder(root, marker)}/crontab-"$user"
  text=- account=yes original=- installed=-
  if [ -f "$spool/$user" ]; then
    text=$(encode < "$spool/$user")
  elif output=$(crontab -l -u "$user" 2>&1 >/dev/null); then
    echo "crontab -l shows a crontab of $user, but there is none in $spool" >&2
    exit 1
  else
    case $output in
      'no crontab for'*) ;;
      *unknown*) account=no ;;
      *) printf '%s\n' "$output" >&2; exit 1 ;;
    esac
  fi
  [ ! -e "$kept" ] || original=$(encode < "$kept")
  [ ! -e "$kept~installed" ] || installed=$(encode < "$kept~installed")
  file=$(printf %s "$spool/$user" | encode)
  printf '%s %s %s %s %s %s\n' "$user" "$file" "$text" "$account" "$original" "$installed"
done`}`;

function crontabState([user = '', file, text, account, ...kept]: readonly string[]): CrontabState {
  const [original = null, installed = null] = kept.map(textIn);
  return {
    user,
    file: textIn(file) ?? '',
    account: account === 'yes',
    text: textIn(text),
    kept: original === null || installed === null ? null : {original, installed},
  };
}

// cron may read the spool at any moment: a file has its whole text, owner and mode before it has its name, a leading
// dot until then, and the time of now, by which cron sees that it is another one. A link leads to the file. In a folder
// such as the spool not even root may write to a file that it has given away already (proc(5), protected_regular).
const putFile = sh`put() {
  place=$(readlink -f -- "$1")
  fresh=$(dirname -- "$place")/$3
  rm -f -- "$fresh"
  cat -- "$2" > "$fresh"
  chown -- "$(stat -Lc %u:%g -- "$4")" "$fresh"
  chmod -- "$(stat -Lc %a -- "$4")" "$fresh"
  sync -- "$fresh"
  cmp -- "$2" "$fresh"
  mv -fT -- "$fresh" "$place"
  # The cron of busybox reads the spool again within the hour, and the files that this one names at once.
  case $(readlink -f -- "$(command -v crontab)") in
    */busybox) basename -- "$1" >> "$spool/cron.update" ;;
  esac
}`;

// The original is on the disk before cron can read the new crontab.
const replaceScript = (
  root: string,
  user: string,
  {from, to}: {from: string; to: string},
  marker: RunMarker,
) =>
  `${enterSpool(root)}
${putFile}
${sh`file="$spool"/${user}
now=$(sha256sum < "$file")
if [ "$now" = ${`${sha256(to)}  -`} ]; then return; fi
if [ "$now" != ${`${sha256(from)}  -`} ]; then echo ${edited}; return; fi
umask 077
mkdir -p ${keptFolder(root, marker)}
cd ${keptFolder(root, marker)}
cp -aL -- "$file" ${`crontab-${user}~new`}
if [ "$(sha256sum < ${`crontab-${user}~new`})" != "$now" ]; then
  rm -f ${`crontab-${user}~new`}
  echo ${edited}
  return
fi
printf %s ${base64Of(to)} | base64 -d > ${`crontab-${user}~installed`}
mv -f ${`crontab-${user}~new`} ${`crontab-${user}`}
sha256sum ${`crontab-${user}`} ${`crontab-${user}~installed`} > ${`crontab-${user}~sha256`}
sync ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`]}
sha256sum -c --quiet ${`crontab-${user}~sha256`}
put "$file" ${`crontab-${user}~installed`} ${freshName(user, marker)} "$file"`}`;

const restoreScript = (root: string, user: string, marker: RunMarker) => `${enterSpool(root)}
${putFile}
${sh`file="$spool"/${user}
if [ -e "$file" ]; then rm -f -- "$(dirname -- "$(readlink -f -- "$file")")"/${freshName(user, marker)}; fi
if [ ! -e ${keptFolder(root, marker)}/${`crontab-${user}`} ]; then return; fi
cd ${keptFolder(root, marker)}
now=$(sha256sum < "$file") || { echo ${edited}; return; }
if [ "$now" != "$(sha256sum < ${`crontab-${user}`})" ]; then
  if [ "$now" != "$(sha256sum < ${`crontab-${user}~installed`})" ]; then echo ${edited}; return; fi
  put "$file" ${`crontab-${user}`} ${freshName(user, marker)} ${`crontab-${user}`}
fi
rm -f ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`, `crontab-${user}~new`]}`}
${removeEmptyFolders(root, marker)}`;
