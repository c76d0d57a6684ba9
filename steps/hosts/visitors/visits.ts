import {quote, sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {Visits, VisitsRequest} from './contract.ts';

/** Who is, or was a moment ago, connected to these ports, and what the access logs have since. Changes nothing. */
export async function readVisits(
  shell: Shell,
  {ports, logs, ignore}: VisitsRequest,
  signal: AbortSignal,
): Promise<Visits> {
  const scripts = logs.map((log, index) => logScript(shell.root, {log, index, ignore}));
  const lines = (await shell.run([connectionsScript(ports), ...scripts].join('\n'), signal)).split(
    '\n',
  );
  return {
    canSee: !lines.includes('no ss'),
    remotes: lines.flatMap((line) => {
      const [, count, remote = ''] = /^remote (\d+) (\S+)$/.exec(line) ?? [];
      const address = remote.replace(/^\[(::ffff:)?|\]$/g, '');
      return count === undefined || ignore.includes(address)
        ? []
        : [{address, count: Number(count)}];
    }),
    logs: lines.flatMap((line) => {
      const [, at, file = '', size, added] = /^log (\d+) (\d+) (\d+) (\d+)$/.exec(line) ?? [];
      const log = at === undefined ? undefined : logs[Number(at)];
      return log ? [{path: log.path, file, size: Number(size), added: Number(added)}] : [];
    }),
  };
}

/**
 * Also those that ended within the last minute: the side that closes first keeps them in TIME-WAIT for 60 s (tcp(7)),
 * and with short connections that is the web server.
 */
const states = [
  ...['established', 'syn-recv', 'close-wait', 'fin-wait-1', 'fin-wait-2'],
  ...['last-ack', 'time-wait'],
];

function connectionsScript(ports: readonly number[]): string {
  const filter = `( ${ports.map((port) => `sport = :${port}`).join(' or ')} )`;
  const words = states.map((state) => `state ${state}`).join(' ');
  return `if command -v ss >/dev/null; then
  ss -Htn ${words} ${quote(filter)} | awk 'NF > 4 {sub(/:[0-9]+$/, "", $5); sum[$5]++} END {for (one in sum) print "remote", sum[one], one}' | sort -k2,2rn
else
  echo 'no ss'
fi`;
}

interface LogScript {
  readonly log: VisitsRequest['logs'][number];
  readonly index: number;
  readonly ignore: readonly string[];
}

/** Prints the number of the log, its inode and size, and the lines since the mark. A line that grows still counts. */
function logScript(root: string, {log: {path, from}, index, ignore}: LogScript): string {
  const file = `${root}${path}`;
  const counted =
    ignore.length === 0
      ? 'grep -c ""'
      : `grep -cvF ${ignore.map((text) => sh`-e ${text}`).join(' ')}`;
  return sh`if [ -e ${file} ]; then
  set -- $(stat -Lc '%i %s' ${file})
  from=${from ? String(from.size) : 'now'}
  if [ "$from" = now ]; then
    from=$2
  elif [ "$1" != ${from?.file ?? ''} ] || [ "$2" -lt "$from" ]; then
    from=0
  fi
  echo log ${String(index)} "$1" "$2" "$(tail -c "+$((from + 1))" ${file} | head -c "$(($2 - from))" | { @counted@ || :; })"
fi`.replace('@counted@', () => counted);
}
