import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {
  ConnectionHold,
  Drain,
  HoldingRun,
  HoldState,
  HoldWay,
  RemoteConnections,
} from './contract.ts';
import {ipset} from './ipset.ts';
import {iptables} from './iptables.ts';
import {nft} from './nft.ts';
import {defineClock, type HoldScripts, holdName, holdPrefix} from './scripts.ts';

// Linux sends a first packet (SYN) that got no answer again after 1 s, then after 3 s or 2 s (tcp(7),
// tcp_syn_linear_timeouts): a client of a held port sees latency, and no error.

const ways: ReadonlyMap<HoldWay, HoldScripts> = new Map([
  ['nft', nft],
  ['ipset', ipset],
  ['iptables', iptables],
]);

export async function readHold(
  shell: Shell,
  hold: ConnectionHold,
  run: HoldingRun,
  signal: AbortSignal,
): Promise<HoldState> {
  return stateIn(await shell.run(readScript(hold, run), signal), hold, run);
}

export async function holdConnections(
  shell: Shell,
  way: HoldWay,
  hold: ConnectionHold,
  drainMs: number,
  run: HoldingRun,
  signal: AbortSignal,
): Promise<Drain> {
  const script = holdScript(scriptsOf(way), hold, drainMs, run);
  return drainIn(await shell.run(script, signal, drainMs + answerLimitMs));
}

export async function releaseConnections(
  shell: Shell,
  way: HoldWay,
  run: HoldingRun,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(scriptsOf(way).release(holdName(run.id)), signal, answerLimitMs);
}

/** Clients wait meanwhile: a host that does not answer by then is given up. */
const answerLimitMs = 5_000;

export function scriptsOf(way: HoldWay): HoldScripts {
  const scripts = ways.get(way);
  if (scripts === undefined) {
    throw new Error(`There is no way to hold connections called ${way}.`);
  }
  return scripts;
}

/**
 * Also connections whose handshake is under way, and those that the client has half closed after its request: each may
 * still get an answer.
 */
export const openCommand = (ports: readonly number[]) =>
  sh`ss -Htn state established state syn-recv state close-wait ${`( ${ports.map((port) => `sport = :${port}`).join(' or ')} )`}`;

// Ways are tried only where this run holds nothing yet.
const readScript = (hold: ConnectionHold, run: HoldingRun) =>
  `if command -v ss >/dev/null; then echo "open $(${openCommand(hold.ports)} | wc -l)"; fi
holds=$({
${[...ways.values()].map(({read}) => read(holdPrefix)).join('\n')}
})
printf '%s\n' "$holds"
case "$holds" in *" ${holdName(run.id)} "*) return ;; esac
${tryScript(hold, run)}`;

const tryScript = (hold: ConnectionHold, run: HoldingRun) =>
  `${[...ways]
    .map(([way, {isUsable}]) => `if ${isUsable(holdName(run.id), hold)}; then echo 'usable ${way}'`)
    .join('\nel')}
fi`;

/** Prints `remote <count> <address>` for the addresses with the most connections. */
export const remotesOf = (open: string) =>
  `printf '%s\\n' ${open} | awk 'NF > 4 {sub(/:[0-9]+$/, "", $5); sum[$5]++} END {for (one in sum) print "remote", sum[one], one}' | sort -k2,2rn | head -n 5`;

const holdScript = (
  {arm, release}: HoldScripts,
  hold: ConnectionHold,
  drainMs: number,
  run: HoldingRun,
) => `${defineClock}
clock
start=$now
${arm(holdName(run.id), hold)}
while :; do
  open=$(${openCommand(hold.ports)})
  clock
  if [ -z "$open" ]; then echo "drained $((now - start))"; return; fi
  if [ $((now - start)) -ge ${drainMs} ]; then break; fi
  sleep 0.01
done
{
${release(holdName(run.id))}
}
echo "left $((now - start)) $(printf '%s\\n' "$open" | wc -l)"
${remotesOf('"$open"')}`;

function stateIn(output: string, {ports}: ConnectionHold, run: HoldingRun): HoldState {
  const lines = output.split('\n').map((line) => line.split(' '));
  const word = (name: string) => lines.find(([first]) => first === name)?.[1];
  const holds = lines.flatMap(([first, way = '', name = '', ...text]) => {
    const known = [...ways.keys()].find((each) => each === way);
    return first === 'hold' && known ? [{way: known, name, ...stateOf(known, text.join(' '))}] : [];
  });
  const own = holds.find(({name}) => name === holdName(run.id));
  const held = own?.ports.filter(({port}) => ports.includes(port)) ?? [];
  const [first] = held.flatMap(({leftMs}) => leftMs ?? []).sort((a, b) => a - b);
  return {
    way: own?.way ?? [...ways.keys()].find((way) => way === word('usable')) ?? null,
    canDrain: word('open') !== undefined,
    open: Number(word('open') ?? 0),
    own: own ? {isHolding: held.length === new Set(ports).size, leftMs: first ?? null} : null,
    others: holds
      .filter((each) => each !== own && each.ports.some(({port}) => ports.includes(port)))
      .map(({name}) => name),
  };
}

const stateOf = (way: HoldWay, text: string) => scriptsOf(way).stateIn(text);

function drainIn(output: string): Drain {
  const [[kind, ms, count] = [], ...rest] = output
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  if (kind === 'drained') {
    return {kind, ms: Number(ms)};
  }
  return {
    kind: 'left',
    ms: Number(ms),
    count: Number(count),
    remotes: rest.map(remoteIn),
  };
}

/** `remote <count> <address>` */
export const remoteIn = ([, sum, address = '']: readonly string[]): RemoteConnections => ({
  address: address.replace(/^\[(?:::ffff:)?(.*)\]$/, '$1'),
  count: Number(sum),
});
