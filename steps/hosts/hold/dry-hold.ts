import type {RunMarker} from '../contract.ts';
import {removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {ConnectionHold, DryHold, HoldingRun, HoldWay} from './contract.ts';
import {openCommand, remoteIn, remotesOf, scriptsOf} from './hold.ts';
import {defineClock, holdName, holdPrefix} from './scripts.ts';

/** What every script of a dry hold takes in all, beside the hold itself. */
const extraMs = 15_000;

export async function tryHold(
  shell: Shell,
  way: HoldWay,
  hold: ConnectionHold,
  holdMs: number,
  run: HoldingRun,
  signal: AbortSignal,
): Promise<DryHold> {
  const output = await shell.run(tryScript(way, hold, holdMs, run), signal, holdMs + extraMs);
  return reportIn(way, output);
}

export async function untilConnectionsEnd(
  shell: Shell,
  ports: readonly number[],
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(untilEndedScript(ports, limitMs), signal, limitMs + extraMs);
}

export async function readDryHold(
  shell: Shell,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<DryHold | null> {
  const file = fileOf(shell.root, marker);
  const text = await shell.run(sh`if [ -e ${file} ]; then cat ${file}; fi`, signal);
  return text === '' ? null : JSON.parse(text);
}

export async function keepDryHold(
  shell: Shell,
  report: DryHold,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const file = fileOf(shell.root, marker);
  await shell.run(
    sh`umask 077
mkdir -p ${keptFolder(shell.root, marker)}
printf %s ${JSON.stringify(report)} > ${`${file}.new`}
sync ${`${file}.new`}
mv -f ${`${file}.new`} ${file}`,
    signal,
  );
}

export async function forgetDryHold(
  shell: Shell,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const file = fileOf(shell.root, marker);
  await shell.run(
    `${sh`rm -f ${file} ${`${file}.new`}`}\n${removeEmptyFolders(shell.root, marker)}`,
    signal,
  );
}

const fileOf = (root: string, marker: RunMarker) => `${keptFolder(root, marker)}/dry-hold`;

// Names in one line of the file, their values in the next (proc_net(5)).
const countersCommand = `awk '$1 == "TcpExt:" || $1 == "Tcp:" {
  if ($1 in names) { count = split(names[$1], name, " "); for (i = 2; i <= count; i++) value[name[i]] = $i; delete names[$1] }
  else names[$1] = $0
} END {print value["ListenDrops"] + value["ListenOverflows"], value["EstabResets"] + 0}' /proc/net/netstat /proc/net/snmp`;

// `cpu user nice system idle iowait …` (proc_stat(5)).
const cpuCommand = `awk '$1 == "cpu" {for (i = 2; i <= 9; i++) sum += $i; print sum - $5 - $6, sum}' /proc/stat`;

/** A client that rests between slow requests is seen again in that time. */
const lookMs = 100;

// A connection is known by its two addresses, the last columns of ss. As few programs as possible: the hold follows at
// once, and meanwhile the next slow request may begin.
const untilEndedScript = (ports: readonly number[], limitMs: number) => `${defineClock}
open() { ${openCommand(ports)} | awk '{print $(NF - 1), $NF}'; }
left() { ${openCommand(ports)} | left="$left" awk 'BEGIN {count = split(ENVIRON["left"], line, "\\n"); for (i = 1; i <= count; i++) was[line[i]]}
  {pair = $(NF - 1) " " $NF} pair in was {print pair}'; }
clock
start=$now
left=$(open)
while [ $((now - start)) -lt ${limitMs} ]; do
  if [ -n "$left" ]; then left=$(left)
  elif [ $((now - start)) -ge ${lookMs} ]; then break
  else left=$(open); fi
  if [ -z "$left" ] && [ $((now - start)) -ge ${lookMs} ]; then break; fi
  sleep 0.005
  clock
done`;

/** Once it is drained, longer would show no more, and visitors wait. */
const enoughMs = 300;

/**
 * Clients come again 1 s and 3 s after their first packet was dropped. They are waited for: a hold that follows at
 * once would drop the last of these again, and the next one comes 4 s later.
 */
const comeBackSeconds = '3.5';

const tryScript = (
  way: HoldWay,
  hold: ConnectionHold,
  holdMs: number,
  run: HoldingRun,
) => `${defineClock}
open=$(${openCommand(hold.ports)})
echo before
${remotesOf('"$open"')}
echo "counters $(${countersCommand}) $(${cpuCommand})"
clock
start=$now
drained=-
${scriptsOf(way).arm(holdName(run.id), hold)}
while [ $((now - start)) -lt ${holdMs} ]; do
  open=$(${openCommand(hold.ports)})
  clock
  if [ -z "$open" ] && [ "$drained" = - ]; then drained=$((now - start)); fi
  if [ "$drained" != - ] && [ $((now - start)) -ge ${enoughMs} ]; then break; fi
  sleep 0.01
done
${scriptsOf(way).read(holdPrefix)}
{
${scriptsOf(way).release(holdName(run.id))}
}
echo "drained $drained"
echo left
if [ "$drained" = - ]; then
${remotesOf('"$open"')}
fi
sleep ${comeBackSeconds}
echo "counters $(${countersCommand}) $(${cpuCommand})"
echo "load $(cat /proc/loadavg)"`;

function reportIn(way: HoldWay, output: string): DryHold {
  const lines = output.split('\n').map((line) => line.split(' '));
  const rest = (name: string) =>
    lines.filter(([first]) => first === name).map((each) => each.slice(1));
  const at = (name: string) => lines.findIndex(([first]) => first === name);
  const remotes = (from: number) => {
    const after = lines.slice(from + 1);
    const end = after.findIndex(([first]) => first !== 'remote');
    return after.slice(0, end).map(remoteIn);
  };
  const [first = [], last = []] = rest('counters').map((each) => each.map(Number));
  const grown = (index: number) => (last[index] ?? 0) - (first[index] ?? 0);
  const [drained = '-'] = rest('drained')[0] ?? [];
  return {
    drainMs: drained === '-' ? null : Number(drained),
    before: remotes(at('before')),
    left: remotes(at('left')),
    attempts: scriptsOf(way).stateIn(
      rest('hold')
        .map((each) => each.join(' '))
        .join(' '),
    ).attempts,
    refused: grown(0),
    reset: grown(1),
    cpuPercent: Math.round((100 * grown(2)) / Math.max(1, grown(3))),
    load: Number(rest('load')[0]?.[0] ?? 0),
  };
}
