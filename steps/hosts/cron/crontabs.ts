import type {CrontabState, RunMarker} from '../contract.ts';
import {base64Of, defineEncode, rowsIn, sha256, textIn} from '../files/encoded-text.ts';
import {edited, guardedRun, removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';

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

// The spools of Debian, SUSE and RHEL (cron(8) of each). A file that crontab(1) is writing there begins with `tmp.` or
// a dot. A user whose crontab this entry keeps is listed even when somebody has removed the crontab since.
const usersScript = (root: string, marker: RunMarker) =>
  sh`{
  for spool in ${['/crontabs', '/tabs', '']}; do
    if cd ${root}/var/spool/cron"$spool" 2>/dev/null; then
      find . -maxdepth 1 -type f ! -name '.*' ! -name 'tmp.*' | sed 's|^\./||'
      break
    fi
  done
  if cd ${keptFolder(root, marker)} 2>/dev/null; then
    find . -maxdepth 1 -name 'crontab-*' ! -name '*~*' | sed 's|^\./crontab-||'
  fi
} | sort -u`;

// crontab(1) ends with 1 for an account without a crontab, for no such account, and for one whose crontab it does not
// show: its jobs run all the same (crontab(1), Debian, on cron.allow).
const crontabsScript = (root: string, users: readonly string[], marker: RunMarker) =>
  `${defineEncode}
${sh`for user in ${users}; do
  kept=${keptFolder(root, marker)}/crontab-"$user"
  text=- account=yes original=- installed=-
  if output=$(crontab -l -u "$user" 2>&1 >/dev/null); then
    text=$(crontab -l -u "$user" | encode)
  else
    case $output in
      'no crontab for'*) ;;
      *unknown*) account=no ;;
      *) printf '%s\n' "$output" >&2; exit 1 ;;
    esac
  fi
  [ ! -e "$kept" ] || original=$(encode < "$kept")
  [ ! -e "$kept~installed" ] || installed=$(encode < "$kept~installed")
  printf '%s %s %s %s %s\n' "$user" "$text" "$account" "$original" "$installed"
done`}`;

function crontabState([user = '', text, account, ...kept]: readonly string[]): CrontabState {
  const [original = null, installed = null] = kept.map(textIn);
  return {
    user,
    account: account === 'yes',
    text: textIn(text),
    kept: original === null || installed === null ? null : {original, installed},
  };
}

// The original is on the disk before cron can read the new crontab.
const replaceScript = (
  root: string,
  user: string,
  {from, to}: {from: string; to: string},
  marker: RunMarker,
) =>
  sh`now=$(crontab -l -u ${user} | sha256sum)
if [ "$now" = ${`${sha256(to)}  -`} ]; then return; fi
if [ "$now" != ${`${sha256(from)}  -`} ]; then echo ${edited}; return; fi
umask 077
mkdir -p ${keptFolder(root, marker)}
cd ${keptFolder(root, marker)}
crontab -l -u ${user} > ${`crontab-${user}~new`}
printf %s ${base64Of(to)} | base64 -d > ${`crontab-${user}~installed`}
mv -f ${`crontab-${user}~new`} ${`crontab-${user}`}
sha256sum ${`crontab-${user}`} ${`crontab-${user}~installed`} > ${`crontab-${user}~sha256`}
sync ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`]}
sha256sum -c --quiet ${`crontab-${user}~sha256`}
crontab -u ${user} - < ${`crontab-${user}~installed`}
if [ "$(crontab -l -u ${user} | sha256sum)" != ${`${sha256(to)}  -`} ]; then
  echo 'crontab -l prints another text than the installed one' >&2
  exit 1
fi`;

const restoreScript = (
  root: string,
  user: string,
  marker: RunMarker,
) => `${sh`if [ ! -e ${keptFolder(root, marker)}/${`crontab-${user}`} ]; then return; fi
cd ${keptFolder(root, marker)}
now=$(crontab -l -u ${user} | sha256sum)
original=$(sha256sum < ${`crontab-${user}`})
if [ "$now" != "$original" ]; then
  if [ "$now" != "$(sha256sum < ${`crontab-${user}~installed`})" ]; then echo ${edited}; return; fi
  crontab -u ${user} - < ${`crontab-${user}`}
  if [ "$(crontab -l -u ${user} | sha256sum)" != "$original" ]; then
    echo 'crontab -l prints another text than the restored one' >&2
    exit 1
  fi
fi
rm -f ${[`crontab-${user}`, `crontab-${user}~installed`, `crontab-${user}~sha256`, `crontab-${user}~new`]}`}
${removeEmptyFolders(root, marker)}`;
