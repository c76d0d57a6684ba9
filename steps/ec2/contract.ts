/** A tunnel of a VPN connection, as EC2 last saw it. */
export interface Tunnel {
  /** The address of AWS at its end. */
  readonly address: string;
  /** `UP` or `DOWN` (EC2 API reference, VgwTelemetry). */
  readonly status: string;
  /** What EC2 says about it, such as `IPSEC IS DOWN`; may be empty. */
  readonly message: string;
  readonly changedAt: Date | undefined;
  /** `undefined` where EC2 does not count them. */
  readonly acceptedRoutes: number | undefined;
}

export interface VpnConnection {
  readonly id: string;
  /** `pending`, `available`, `deleting` or `deleted` (EC2 API reference, VpnConnection). */
  readonly state: string;
  /** Routes come by BGP, and are not written down. */
  readonly usesBgp: boolean;
  readonly tunnels: readonly Tunnel[];
}

export interface VpnReader {
  /** As the inventory names it. */
  readonly name: string;
  /** The ids that the inventory names; may be empty. */
  readonly ids: readonly string[];
  /** `missing` where EC2 says so, and `unanswered` where its answer does not have it. */
  connection(id: string, signal: AbortSignal): Promise<VpnConnection | 'missing' | 'unanswered'>;
  /** The ids of all connections of the region. */
  all(signal: AbortSignal): Promise<readonly string[]>;
}
