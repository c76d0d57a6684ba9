import type {STSClient} from '@aws-sdk/client-sts';
import {NotTold} from '../../../src/index.ts';
import {
  type AwsConfig,
  awsClients,
  childOf,
  type Ec2Element,
  itemsOf,
  type LazyAwsClients,
  readEc2,
  textOf,
} from '../../aws/index.ts';
import type {VpnConnection, VpnReader} from '../contract.ts';

/** Client errors of EC2 (EC2 API reference, Error codes). */
const missing = new Set(['InvalidVpnConnectionID', 'InvalidVpnConnectionID.NotFound']);

/** VPN connections of EC2. The client of STS has the region, the credentials and the time limits. */
export class VpnCalls implements VpnReader {
  readonly name: string;
  readonly ids: readonly string[];
  readonly #config: AwsConfig;
  readonly #clients: LazyAwsClients<typeof import('@aws-sdk/client-sts'), STSClient>;

  constructor(name: string, ids: readonly string[], config: AwsConfig) {
    this.name = name;
    this.ids = ids;
    this.#config = config;
    this.#clients = awsClients(
      config,
      () => import('@aws-sdk/client-sts'),
      (sdk, settings) => new sdk.STSClient(settings),
    );
  }

  async connection(
    id: string,
    signal: AbortSignal,
  ): Promise<VpnConnection | 'missing' | 'unanswered'> {
    try {
      const answer = await this.#describe([id], signal);
      const described = answer.find((each) => textOf(each, 'vpnConnectionId') === id);
      return described ? connectionOf(id, described) : 'unanswered';
    } catch (error) {
      if (error instanceof Error && missing.has(error.name)) {
        return 'missing';
      }
      throw error;
    }
  }

  async all(signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#describe([], signal);
    return answer.flatMap((each) => textOf(each, 'vpnConnectionId') ?? []);
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  /** The answer has no pages (EC2 API reference, DescribeVpnConnections). */
  async #describe(ids: readonly string[], signal: AbortSignal): Promise<readonly Ec2Element[]> {
    const read = {action: 'DescribeVpnConnections', ids: ['VpnConnectionId', ids]} as const;
    try {
      const answer = await this.#clients.ask(`VPN connections (${this.name})`, ({reading}) =>
        readEc2(reading, this.#config, read, signal),
      );
      return itemsOf(answer, 'vpnConnectionSet');
    } catch (cause) {
      if (cause instanceof NotTold) {
        const hint = 'Grant ec2:DescribeVpnConnections to the account.';
        throw new NotTold({...cause.problem, hint}, {cause});
      }
      throw cause;
    }
  }
}

/** Without its customerGatewayConfiguration, which has the shared keys. */
const connectionOf = (id: string, described: Ec2Element): VpnConnection => ({
  id,
  state: textOf(described, 'state') ?? 'without a state',
  usesBgp: textOf(childOf(described, 'options'), 'staticRoutesOnly') === 'false',
  tunnels: itemsOf(described, 'vgwTelemetry').map((tunnel) => ({
    address: textOf(tunnel, 'outsideIpAddress') ?? 'without an address',
    status: textOf(tunnel, 'status') ?? 'without a status',
    message: textOf(tunnel, 'statusMessage') ?? '',
    changedAt: momentIn(textOf(tunnel, 'lastStatusChange')),
    acceptedRoutes: countIn(textOf(tunnel, 'acceptedRouteCount')),
  })),
});

const momentIn = (text: string | undefined): Date | undefined =>
  text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text);

const countIn = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number(text);
