import {chmodSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Duplex} from 'node:stream';
import {type CommandReply, failed, type HostCommand, type HostProgram} from './command.ts';

/** The file descriptor over which the shims of one ssh session talk to the host's model. */
const shimDescriptor = 3;

// A shell script, not a Node program: a check runs several commands, and starting Node for each takes longer than the
// check.
const shim = `#!/bin/sh
# A command of this lab host. It asks the host's model over the descriptor that every ssh session here inherits.
input=-
case "\${0##*/} $*" in
  *tables-restore*|crontab*' -'|nft*' -f -') input=$(base64 | tr -d '\\n') ;;
esac
# One pipe for all of it: a check waits for every process that is started here.
words=$({ pwd; [ $# = 0 ] || printf '%s\\n' "$@"; } | base64 -w 0)
printf '%s %s %s\\n' "\${0##*/}" "$words" "\${input:--}" >&${shimDescriptor}
read -r code stdout stderr <&${shimDescriptor} || exit 1
[ "$stdout" = - ] || printf %s "$stdout" | base64 -d
[ "$stderr" = - ] || printf %s "$stderr" | base64 -d >&2
exit "$code"
`;

// The lab has no other accounts: all accounts on its hosts are the one that started it.
const sudo = `#!/bin/sh
while :; do
  case "$1" in
    -u) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
exec "$@"
`;

/** Writes a host's own commands into its `bin` folder. */
export function writeShims(bin: string, names: readonly string[]): void {
  mkdirSync(bin, {recursive: true});
  writeExecutable(join(bin, 'lab-command'), shim);
  writeExecutable(join(bin, 'sudo'), sudo);
  for (const name of names) {
    symlinkSync('lab-command', join(bin, name));
  }
}

function writeExecutable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** Answers the shims of one ssh session, in the order in which they ask. */
export async function answerShims(
  stream: Duplex,
  programs: ReadonlyMap<string, HostProgram>,
): Promise<void> {
  // The descriptor of a session that is cut off is closed with it.
  stream.on('error', () => stream.destroy());
  for await (const line of linesOf(stream)) {
    const command = commandOf(line);
    const program = programs.get(command.name);
    const reply = program ? await program(command) : failed(`${command.name}: not found`, 127);
    if (stream.writable) {
      stream.write(lineOf(reply));
    }
  }
  stream.end();
}

async function* linesOf(stream: Duplex): AsyncGenerator<string> {
  let pending = '';
  try {
    for await (const chunk of stream) {
      pending += String(chunk);
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // Cut off: the session is gone.
  }
}

function commandOf(line: string): HostCommand {
  const [name = '', words = '-', input = '-'] = line.split(' ');
  const [cwd = '', ...args] = decoded(words).replace(/\n$/, '').split('\n');
  return {name, cwd, args, input: decoded(input)};
}

function lineOf({code, stdout, stderr}: CommandReply): string {
  return `${code} ${encoded(stdout)} ${encoded(stderr)}\n`;
}

const decoded = (text: string) => (text === '-' ? '' : Buffer.from(text, 'base64').toString());
const encoded = (text: string) => (text === '' ? '-' : Buffer.from(text).toString('base64'));
