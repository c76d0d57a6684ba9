import type {z} from 'zod';
import {type Blocked, blocked, type Difference, SwitcharooError} from '../../../src/index.ts';
import type {HostsAction, HostsLook, HostsWriter} from '../contract.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from '../group/per-host.ts';
import {countText, hostsText} from '../group/text.ts';
import type {Drain, HoldState, HoldWay} from './contract.ts';
import {holdBefore, type holdInput} from './input.ts';
import {connectionsNotDrained, portsText} from './problems.ts';

type Input = z.output<typeof holdInput>;
type Holds = PerHost<HoldState>;

/** What a hold needs to know of each host before it. */
type HoldWays = readonly {readonly host: string; readonly way: HoldWay}[];

export const readHolds = ({targets, input, run, signal}: HostsLook<Input>): Promise<Holds> =>
  onEveryHost(targets.hosts.hosts, (host) => host.holdState(input, run, signal));

/** The way of each host that has one. */
export const waysOf = (holds: Holds): {host: string; way: HoldWay}[] =>
  holds.flatMap(({host, value: {way}}) => (way === null ? [] : [{host, way}]));

export const isHeld = ({own}: HoldState): boolean => own?.isHolding === true;

/** Why connections cannot be held on these hosts, or not now. */
export function holdObstacle(holds: Holds, {ports}: Pick<Input, 'ports'>): Blocked | null {
  for (const {host, value} of holds) {
    if (!value.canDrain) {
      return blocked(
        `${host} has no ss, so nobody can see when its open connections have ended.`,
        `Install it on ${host}: apt-get install iproute2`,
      );
    }
    if (value.way === null) {
      return blocked(
        `${host} has neither nftables nor iptables, so it cannot hold connections.`,
        `Install nftables on ${host}: apt-get install nftables. Its kernel must have sets with timeouts.`,
      );
    }
    const [other] = value.others;
    if (other !== undefined) {
      return blocked(
        `New connections to ${portsText(ports)} of ${host} are held by another run, as ${other}.`,
        {text: 'A hold ends by itself within seconds. Find that run with', command: 'runs'},
      );
    }
  }
  return null;
}

export const holdDifference = (
  {host, value: {own}}: {readonly host: string; readonly value: HoldState},
  {ports}: Input,
): Difference => ({
  what: `new connections to ${portsText(ports)} of ${host}`,
  is: own === null ? 'let through' : 'let through again: the hold has ended by itself',
  shouldBe: 'held',
});

export const holdAction = (
  {input, run}: HostsLook<Input>,
  ways: HoldWays,
): readonly HostsAction[] => {
  const hosts = ways.map(({host, way}) => ({host, value: way}));
  const {ports, maxHoldMs, settleMs, drainMs} = input;
  const hold = actionOn(hosts, {
    does: `hold new connections to ${portsText(ports)} on ${hostsText(hosts)} for ${maxHoldMs} ms at most, and wait up to ${drainMs} ms until the open ones have ended`,
    perform: (writer, signal, say) =>
      holdEverywhere({writer, hosts, input, signal, run: {...run}}, say),
  });
  return settleMs === 0 ? hold : [...settleAction(hosts, input), ...hold];
};

/**
 * One slow request on one host would make the visitors of all hosts wait for it. Those that are under way end before
 * the hold begins, and then most that are open are short.
 */
const settleAction = (
  hosts: PerHost<HoldWay>,
  {ports, settleMs}: Pick<Input, 'ports' | 'settleMs'>,
): readonly HostsAction[] =>
  actionOn(hosts, {
    does: `wait up to ${settleMs} ms until the connections that are open now to ${portsText(ports)} on ${hostsText(hosts)} have ended`,
    perform: async (writer, signal) => {
      const wait = (limitMs: number) =>
        onHosts(writer, hosts, (host) => host.untilConnectionsEnd(ports, limitMs, signal));
      const isNear = async () => {
        const tooFarAt = performance.now() + nearMs;
        await wait(0);
        return performance.now() < tooFarAt;
      };
      // From far away the word that they have ended comes too late: others are open by then. A busy moment is not far.
      for (let looks = 0; looks < mostLooks; looks += 1) {
        if (await isNear()) {
          await wait(settleMs);
          return;
        }
      }
    },
  });

/** How long a look at the hosts takes at most for a moment to be worth waiting for: such a moment is short. */
const nearMs = 35;
const mostLooks = 4;

/** What the action of a hold returns: all hosts hold, and none has an open connection. */
const heldAndDrained = 'held and drained';
/** What the action of a release returns: no host has anything of the hold left. */
const released = 'released';

/** What the last action has shown of all hosts, if it has. Differences are for a plan, and none follows it. */
export function holdSeen({
  run,
  seen,
}: HostsLook<Input>): {kind: 'held' | 'released'; before: z.output<typeof holdBefore>} | null {
  const kind = ({[heldAndDrained]: 'held', [released]: 'released'} as const)[String(seen)];
  return kind === undefined || run.before === undefined
    ? null
    : {kind, before: holdBefore.parse(run.before)};
}

interface Holding {
  readonly writer: HostsWriter;
  readonly hosts: PerHost<HoldWay>;
  readonly input: Input;
  readonly run: {readonly id: string; readonly entry: string};
  readonly signal: AbortSignal;
}

/** On all hosts, or on none: as soon as one of them fails, all let connections through again. */
async function holdEverywhere(
  holding: Holding,
  say: (text: string) => void,
): Promise<typeof heldAndDrained> {
  const {writer, hosts, input, run, signal} = holding;
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  try {
    await onHosts(writer, hosts, async (host, way) => {
      try {
        const drain = await host.holdConnections(way, input, input.drainMs, run, all);
        say(drained(host.name, input, drain));
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    return heldAndDrained;
  } catch (error) {
    // The operator's own signal: the engine reverses the step, and nothing is written after it.
    if (!signal.aborted) {
      await onHosts(writer, hosts, (host, way) => host.releaseConnections(way, run, signal)).catch(
        () => {}, // The kernel of each host ends the hold by itself.
      );
    }
    throw failed.signal.aborted ? failed.signal.reason : error;
  }
}

function drained(host: string, input: Input, drain: Drain): string {
  if (drain.kind === 'left') {
    throw new SwitcharooError(connectionsNotDrained(host, input, drain));
  }
  return `${host} answered its open connections in ${drain.ms} ms`;
}

/** The hosts on which this run has a hold, also one that the kernel has ended. */
export const heldWays = (holds: Holds): HoldWays =>
  waysOf(holds.filter(({value: {own}}) => own !== null));

export const releaseAction = (
  {input, run}: HostsLook<Input>,
  ways: HoldWays,
): readonly HostsAction[] => {
  const hosts = ways.map(({host, way}) => ({host, value: way}));
  return actionOn(hosts, {
    does: `let new connections to ${portsText(input.ports)} through on ${hostsText(hosts)}`,
    perform: async (writer, signal) => {
      await onHosts(writer, hosts, (host, way) => host.releaseConnections(way, run, signal));
      return released;
    },
  });
};

/** `web1 has 3 open connections; web2 has 1 open connection` */
export const openText = (holds: Holds): string =>
  holds
    .filter(({value}) => value.open > 0)
    .map(({host, value}) => `${host} has ${countText(value.open, 'open connection')}`)
    .join('; ');
