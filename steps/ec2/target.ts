import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {awsConfig, awsRemarks, awsRights, awsShares} from '../aws/index.ts';
import {VpnCalls} from './api/calls.ts';
import {vpnPreflight} from './checks/vpn.ts';
import type {VpnReader} from './contract.ts';

export const vpnId = z.string().regex(/^vpn-[0-9a-f]+$/, 'must be vpn- and hexadecimal digits');

/** VPN connections of an account and region. Nothing is ever written through it. */
export const vpnConnections = defineTarget({
  kind: 'vpn-connections',
  config: z.object({connections: z.array(vpnId).default([]), ...awsConfig.shape}),
  // Service Authorization Reference, Amazon EC2: describing is for all resources or none.
  rights: async ({connections: _ids, ...aws}, needs, context) => [
    await awsRights(aws, needs, () => ['*'], context),
  ],
  open: async ({connections, ...aws}, {name}): Promise<Session<VpnReader, VpnReader>> => {
    const calls = new VpnCalls(name, connections, aws);
    return {
      reader: calls,
      writer: calls,
      remarks: () => awsRemarks(aws),
      close: () => calls.close(),
    };
  },
  preflight: vpnPreflight,
  shares: awsShares,
});
