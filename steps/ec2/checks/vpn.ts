import {observedIn, preflightOf} from '../../../src/index.ts';
import type {VpnReader} from '../contract.ts';
import {look} from './tunnels.ts';

/** Whether the connections of the inventory carry traffic, and whether the account may see them. */
export const vpnPreflight = preflightOf<VpnReader>([
  {
    name: 'vpn-down',
    severity: 'blocks',
    expects:
      'EC2 shows the VPN connections of the inventory, and at least one tunnel of each is UP.',
    consequence: 'No traffic passes through this VPN connection.',
    fix: 'Ask the team that runs the customer gateway. aws ec2 describe-vpn-connections shows the state of each tunnel.',
    find: async (vpn, signal) => {
      if (vpn.ids.length === 0) {
        await vpn.all(signal);
        return [];
      }
      const {obstacle, lacking} = await look(vpn, vpn.ids, {needed: 'one', signal});
      return obstacle ? observedIn(obstacle) : lacking.map((is) => ({is}));
    },
  },
  {
    name: 'vpn-tunnel-down',
    severity: 'warns',
    expects: 'Every tunnel of these VPN connections is UP.',
    consequence: 'The connection depends on one tunnel, and AWS may take it down for maintenance.',
    fix: 'Ask the team that runs the customer gateway to bring the other tunnel up.',
    find: async (vpn, signal) => {
      const {spare} = await look(vpn, vpn.ids, {needed: 'one', signal});
      return spare.map((is) => ({is}));
    },
  },
]);
