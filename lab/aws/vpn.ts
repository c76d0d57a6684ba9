import {randomUUID} from 'node:crypto';
import {AwsError, xmlReply} from './replies.ts';
import type {AwsReply} from './service.ts';

/** A VPN connection, with the fields of the API. */
export interface LabVpn {
  readonly id: string;
  state: string;
  readonly staticRoutesOnly: boolean;
  readonly tunnels: {
    readonly address: string;
    status: string;
    statusMessage: string;
    lastStatusChange: Date;
    /** Left out of the answer where it is `undefined`. */
    acceptedRouteCount: number | undefined;
  }[];
}

/** VPN connections of the lab's EC2. While `isSilent`, answers leave out what was asked for. */
export interface LabVpns {
  readonly all: readonly LabVpn[];
  isSilent: boolean;
}

export function describeVpns(form: URLSearchParams, {all, isSilent}: LabVpns): AwsReply {
  const ids = [...form].flatMap(([name, value]) =>
    name.startsWith('VpnConnectionId.') ? [value] : [],
  );
  const unknown = ids.find((id) => !all.some((vpn) => vpn.id === id));
  if (unknown !== undefined) {
    const says = `The vpnConnection ID '${unknown}' does not exist`;
    throw new AwsError('InvalidVpnConnectionID.NotFound', says);
  }
  const selected = all.filter(({id}) => !isSilent && (ids.length === 0 || ids.includes(id)));
  return xmlReply('DescribeVpnConnectionsResponse', 'http://ec2.amazonaws.com/doc/2016-11-15/', {
    requestId: randomUUID(),
    vpnConnectionSet: {item: selected.map(shown)},
  });
}

const shown = ({id, state, staticRoutesOnly, tunnels}: LabVpn) => ({
  vpnConnectionId: id,
  state,
  customerGatewayConfiguration: '<pre_shared_key>lab-psk</pre_shared_key>',
  options: {staticRoutesOnly},
  vgwTelemetry: {
    item: tunnels.map(({address, lastStatusChange, ...tunnel}) => ({
      outsideIpAddress: address,
      lastStatusChange: lastStatusChange.toISOString(),
      ...tunnel,
    })),
  },
});
