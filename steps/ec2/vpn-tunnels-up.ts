import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import {look} from './checks/tunnels.ts';
import {vpnConnections, vpnId} from './target.ts';

/** Whether VPN connections carry traffic. */
export const vpnTunnelsUp = defineGate({
  name: 'ec2.vpn-tunnels-up',
  summary: 'Wait until the tunnels of VPN connections are UP.',
  targets: {vpn: vpnConnections},
  input: z.object({
    /** The ids of the connections; by default, those of the inventory. */
    connections: z.array(vpnId).min(1).optional(),
    /** `one`: a tunnel of each connection is enough, as while AWS maintains the other one. */
    tunnels: z.enum(['all', 'one']).default('all'),
  }),
  output: z.object({up: z.array(z.string())}),
  needs: {vpn: ['ec2:DescribeVpnConnections']},
  effects: [],
  evidence: ({up}) => up.map((text) => `${text}.`),
  poll: {firstMs: 1_000, mostMs: 10_000},
  timeoutMs: 15 * 60_000,

  async check({input: {connections, tunnels}, targets: {vpn}, now, signal}) {
    const ids = connections ?? vpn.ids;
    if (ids.length === 0) {
      return blocked(
        `Neither the runbook nor the target ${vpn.name} names a VPN connection.`,
        'Set "connections" of this target in the inventory. This lists their ids: aws ec2 describe-vpn-connections',
      );
    }
    const seen = await look(vpn, ids, {needed: tunnels, now, signal});
    const {obstacle, lacking, spare, unjudged, up} = seen;
    return (
      obstacle ??
      (lacking.length > 0
        ? waiting(lacking.join('; '))
        : done(
            {up: [...up]},
            ...spare.map((text) => `Ignored, because the connection has another tunnel: ${text}.`),
            ...unjudged.map((text) => `EC2 does not say ${text}.`),
          ))
    );
  },
});
