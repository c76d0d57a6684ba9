import {chmodSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Duplex} from 'node:stream';
import {type CommandReply, failed, type HostCommand, type HostProgram} from './command.ts';

/** The file descriptor over which the shims of one ssh session talk to the host's model. */
const shimDescriptor = 3;

// A shell script, not a Node program: a check runs several commands, and starting Node for each takes longer than the
// check.
const shim = `#!/bin/sh
# A command of this lab host. It asks the host's model over the descriptor that every ssh session here inherits. Only to
# read its input it starts a process: a check runs several commands, and waits for every process that is started here.
input=
case "\${0##*/} $*" in
  *tables-restore*|crontab*' -'|nft*' -f -') input=$(cat; printf .) input=\${input%.} ;;
esac
printf '%s\\0' "\${0##*/}" "$PWD" "$input" "$#" "$@" >&${shimDescriptor}
lines() {
  text= left=$1
  while [ "$left" -gt 0 ] && IFS= read -r line <&${shimDescriptor}; do
    left=$((left - 1))
    text=$text$line
    [ "$left" = 0 ] || text="$text
"
  done
}
read -r code stdout stderr <&${shimDescriptor} || exit 1
lines "$stdout"
[ -z "$text" ] || printf %s "$text"
lines "$stderr"
[ -z "$text" ] || printf %s "$text" >&2
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
  for await (const command of commandsOf(stream)) {
    const program = programs.get(command.name);
    const reply = program ? await program(command) : failed(`${command.name}: not found`, 127);
    if (stream.writable) {
      stream.write(linesOf(reply));
    }
  }
  stream.end();
}

async function* commandsOf(stream: Duplex): AsyncGenerator<HostCommand> {
  let pending = '';
  let words: string[] = [];
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      const ended = `${pending}${chunk}`.split('\0');
      pending = ended.pop() ?? '';
      words.push(...ended);
      for (let count = lengthOf(words); words.length >= count; count = lengthOf(words)) {
        const [name = '', cwd = '', input = '', , ...args] = words.slice(0, count);
        words = words.slice(count);
        yield {name, cwd, input, args};
      }
    }
  } catch {
    // Cut off: the session is gone.
  }
}

/** How many words the first command has: four, and as many as its fourth says. */
const lengthOf = (words: readonly string[]): number => 4 + Number(words[3] ?? 0);

/** The exit code, how many lines follow of the standard output and of the standard error, and these lines. */
function linesOf({code, stdout, stderr}: CommandReply): string {
  const [out = [], err = []] = [stdout, stderr].map((text) =>
    text === '' ? [] : text.split('\n'),
  );
  return [`${code} ${out.length} ${err.length}`, ...out, ...err, ''].join('\n');
}
