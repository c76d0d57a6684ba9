import {observedIn, preflightOf} from '../../../src/index.ts';
import type {VpnReader} from '../contract.ts';
import {look} from './tunnels.ts';

/** Whether the connections of the inventory carry traffic, and whether the account may see them. */
export const vpnPreflight = preflightOf<VpnReader>([
  {
    name: 'vpn-down',
    severity: 'blocks',
    expects: 'EC2 shows the VPN connections of the inventory, and a tunnel of each is UP.',
    consequence: 'Nothing that goes through the VPN reaches the other side.',
    fix: 'Ask who runs the customer gateway; EC2 says what it sees of each tunnel.',
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
    consequence: 'The connection depends on one tunnel, which AWS may take down for maintenance.',
    fix: 'Ask who runs the customer gateway to bring the second tunnel up.',
    find: async (vpn, signal) => {
      const {spare} = await look(vpn, vpn.ids, {needed: 'one', signal});
      return spare.map((is) => ({is}));
    },
  },
]);
