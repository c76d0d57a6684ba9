import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {defineEncode, textIn} from '../files/encoded-text.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {Transfer, TransferEnd} from './contract.ts';
import {partPrefix} from './tree.ts';

/** The URLs are signed for as long. */
const transferLimitMs = 15 * 60_000;
const endLimitMs = 800;

export const sendFiles = (
  shell: Shell,
  files: readonly Transfer[],
  signal: AbortSignal,
): Promise<readonly TransferEnd[]> => transfer(shell, files, send, signal);

export const fetchFiles = (
  shell: Shell,
  files: readonly Transfer[],
  signal: AbortSignal,
): Promise<readonly TransferEnd[]> => transfer(shell, files, fetch, signal);

async function transfer(
  shell: Shell,
  files: readonly Transfer[],
  definition: string,
  signal: AbortSignal,
): Promise<readonly TransferEnd[]> {
  signal.throwIfAborted();
  if (files.length === 0) {
    return [];
  }
  const folder = `/tmp/switcharoo-${randomUUID()}`;
  try {
    const script = scriptOf(folder, definition, shell.root, files);
    const lines = (await shell.run(script, signal, transferLimitMs)).trim().split('\n');
    return files.map(({path}, index) => endIn(path, lines[index] ?? ''));
  } catch (error) {
    // The connection is closed, and curl would go on.
    const ending = shell.run(endScript(folder), AbortSignal.timeout(endLimitMs), endLimitMs);
    await Promise.race([ending.catch(() => {}), sleep(endLimitMs, undefined, {ref: false})]);
    throw error;
  }
}

// The URL reaches curl through its stdin: arguments are shown to everyone who lists processes. -q: root's own .curlrc
// is not read; -g: no name is taken for a pattern (curl(1)).
const scriptOf = (
  folder: string,
  definition: string,
  root: string,
  files: readonly Transfer[],
) => `${defineEncode}
${sh`folder=${folder}
( umask 077; mkdir -- "$folder" )
trap 'rm -rf -- "$folder"' EXIT
copy() {
  url=$1; shift
  if [ -e "$folder/stopped" ]; then exit 1; fi
  answer=$(printf 'url = "%s"\\n' "$url" | sh -c 'echo $$ > "$0/pid"; exec curl "$@"' "$folder" -q -K - -g -sS --connect-timeout 10 --speed-time 60 --speed-limit 1 -w '%{http_code}' "$@" 2>"$folder/err") || answer="$answer."
}
failed() {
  printf 'failed %s\\n' "$( { printf '%s ' "$answer"; head -c 300 "$folder/err"; if [ -f "$1" ]; then head -c 500 "$1"; fi; } | encode)"
}`}
${definition}
${files.map(({path, url, contentType}) => sh`one ${`${root}${path}`} ${url} ${contentType}`).join('\n')}`;

// What stat prints is the same before and after, or the file has changed while it was read.
const send = `one() {
  before=$(stat -c '%s %i %z' -- "$1" 2>/dev/null) || { echo gone; return 0; }
  copy "$2" -H 'Expect:' -H "Content-Type: $3" -o "$folder/body" -T "$1"
  after=$(stat -c '%s %i %z' -- "$1" 2>/dev/null) || { echo gone; return 0; }
  if [ "$before" != "$after" ]; then echo changed
  elif [ "$answer" = 200 ]; then echo moved
  else failed "$folder/body"; fi
}`;

// A directory that is made belongs to the owner of the one around it.
const fetch = `around() {
  [ -d "$1" ] && return 0
  around "$(dirname -- "$1")"
  made="$(dirname -- "$1")/${partPrefix}$$.new"
  mkdir -- "$made"
  chown --reference="$(dirname -- "$1")" -- "$made"
  chmod --reference="$(dirname -- "$1")" -- "$made"
  # Another of these commands may make it at the same time. It appears with its owner.
  mv -T -- "$made" "$1" 2>/dev/null || { rmdir -- "$made"; [ -d "$1" ]; }
}
one() {
  directory=$(dirname -- "$1")
  around "$directory"
  part="$directory/${partPrefix}$$"
  copy "$2" -f -o "$part"
  if [ "$answer" = 404. ]; then rm -f -- "$part"; echo gone; return 0; fi
  if [ "$answer" != 200 ]; then rm -f -- "$part"; failed /dev/null; return 0; fi
  if [ ! -e "$part" ]; then : > "$part"; fi
  if [ -f "$1" ]; then
    chown --reference="$1" -- "$part"
    chmod --reference="$1" -- "$part"
  else
    chown --reference="$directory" -- "$part"
    chmod "$(printf %o "$(( 0$(stat -c %a -- "$directory") & 0666 ))")" -- "$part"
  fi
  mv -fT -- "$part" "$1"
  echo moved
}`;

/** The script itself removes its folder. */
const endScript = (folder: string) => sh`folder=${folder}
if [ ! -d "$folder" ]; then return; fi
: > "$folder/stopped"
if [ -s "$folder/pid" ]; then kill -KILL "$(cat "$folder/pid")" 2>/dev/null || :; fi`;

function endIn(path: string, line: string): TransferEnd {
  const [is, text] = line.split(' ');
  switch (is) {
    case 'moved':
    case 'gone':
    case 'changed':
      return {path, is};
    default:
      return {path, is: 'failed', why: whyIn(textIn(text) ?? 'the host has not answered for it')};
  }
}

/** S3 answers a refusal with a code and a message (API reference, Error responses). */
function whyIn(text: string): string {
  const [, code] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  const [status = '', ...words] = text.split('<')[0]?.trim().split(/\s+/) ?? [];
  const answer = status.replace('.', '');
  return [answer === '000' ? '' : `HTTP ${answer}`, code ?? '', words.join(' ')]
    .filter(Boolean)
    .join(', ');
}
