import {type Blocked, blocked, elapsedMs} from '../../../src/index.ts';
import type {Tunnel, VpnConnection, VpnReader} from '../contract.ts';

/** How many tunnels of each connection must carry traffic. */
type Needed = 'all' | 'one';

interface Connections {
  /** What no waiting changes. */
  readonly obstacle: Blocked | undefined;
  /** What is not yet as it should be, a phrase each. */
  readonly lacking: readonly string[];
  /** Tunnels that carry nothing although their connection has another one that does. */
  readonly spare: readonly string[];
  /** What EC2 does not say, a phrase each. */
  readonly unjudged: readonly string[];
  /** `2 of 2 tunnels of vpn-1 are UP` */
  readonly up: readonly string[];
}

/** Looks at these connections. */
export async function look(
  vpn: VpnReader,
  ids: readonly string[],
  {
    needed,
    now,
    signal,
  }: {readonly needed: Needed; readonly now?: Date; readonly signal: AbortSignal},
): Promise<Connections> {
  const answers = await Promise.all(ids.map((id) => vpn.connection(id, signal)));
  const connections = answers.flatMap((answer) => (typeof answer === 'string' ? [] : answer));
  const idsOf = (answer: string) => ids.filter((_id, index) => answers[index] === answer);
  const usable = connections.filter(({state}) => state === 'available');
  const judged = usable.map((connection) => judge(connection, needed, now));
  return {
    obstacle: await obstacleIn(vpn, idsOf('missing'), connections, signal),
    lacking: [
      ...idsOf('unanswered').map((id) => `EC2 answers without ${id}`),
      ...connections
        .filter(({state}) => state !== 'available')
        .map(({id, state}) => `${id} is ${state}`),
      ...judged.flatMap(({lacking}) => lacking),
    ],
    spare: judged.flatMap(({spare}) => spare),
    unjudged: usable.flatMap(unjudgedOf),
    up: usable.map(
      ({id, tunnels}) =>
        `${tunnels.filter(({status}) => status === 'UP').length} of ${tunnels.length} tunnels of ${id} are UP`,
    ),
  };
}

async function obstacleIn(
  vpn: VpnReader,
  missing: readonly string[],
  connections: readonly VpnConnection[],
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const hint =
    'Correct the ids or the region in the inventory. This lists them: aws ec2 describe-vpn-connections --query "VpnConnections[].[VpnConnectionId,State]"';
  if (missing.length > 0) {
    const others = await vpn.all(signal);
    return blocked(
      `${vpn.name} has no VPN connection ${missing.join(', ')}; it has ${others.slice(0, 5).join(', ') || 'none'}.`,
      hint,
    );
  }
  const deleted = connections.filter(({state}) => state.startsWith('delet'));
  return deleted.length > 0
    ? blocked(
        `${deleted.map(({id, state}) => `VPN connection ${id} is ${state}`).join(', ')}.`,
        hint,
      )
    : undefined;
}

function judge({id, usesBgp, tunnels}: VpnConnection, needed: Needed, now: Date | undefined) {
  const idle = tunnels.flatMap((tunnel) => faultOf(tunnel, usesBgp, now) ?? []);
  const texts = idle.map((text) => `${text} (${id})`);
  const isEnough =
    tunnels.length > 0 && (needed === 'all' ? idle.length === 0 : idle.length < tunnels.length);
  const lacking = tunnels.length === 0 ? [`EC2 shows no tunnel of ${id} yet`] : texts;
  return isEnough ? {lacking: [], spare: texts} : {lacking, spare: []};
}

/** Why a tunnel carries nothing. One with BGP and without a route has no way to the other side. */
function faultOf(tunnel: Tunnel, usesBgp: boolean, now: Date | undefined): string | undefined {
  const {address, status, message, changedAt, acceptedRoutes} = tunnel;
  if (status === 'UP') {
    return usesBgp && acceptedRoutes === 0
      ? `tunnel ${address} is UP, but has accepted no route over BGP`
      : undefined;
  }
  const since = changedAt ? ` since ${sinceText(changedAt, now)}` : '';
  return `tunnel ${address} is ${status}${since}${message === '' ? '' : `: ${message}`}`;
}

const unjudgedOf = ({id, usesBgp, tunnels}: VpnConnection): readonly string[] =>
  tunnels
    .filter(
      ({status, acceptedRoutes}) => usesBgp && status === 'UP' && acceptedRoutes === undefined,
    )
    .map(({address}) => `how many routes tunnel ${address} has accepted over BGP (${id})`);

/** `2026-01-01 00:00:00 UTC, 3 min`; without the minutes where nobody says what time it is. */
function sinceText(at: Date, now: Date | undefined): string {
  const minutes = now ? `, ${Math.floor(elapsedMs(at, now) / 60_000)} min` : '';
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC${minutes}`;
}
