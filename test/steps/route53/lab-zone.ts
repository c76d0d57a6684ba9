import type {TriedWorld} from 'switcharoo/testing';
import type {RecordSet as LabSet} from '../../../lab/aws/record-set.ts';
import {createRoute53, type Route53, type Route53Options} from '../../../lab/aws/route53.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {hostedZone} from '../../../steps/route53/target.ts';
import {credentials, type Started, started} from '../../lab/aws/started.ts';

export interface LabZone extends TriedWorld, AsyncDisposable {
  readonly route53: Route53;
  readonly endpoint: Started['endpoint'];
  readonly sessions: {readonly zone: Awaited<ReturnType<typeof hostedZone.open>>};
  /** The same zone, opened once more. */
  anotherTarget(): Promise<Awaited<ReturnType<typeof hostedZone.open>>>;
}

/** The real target, with the real SDK, on the lab's Route 53. */
export async function labZone(
  records: readonly LabSet[],
  options: Partial<Route53Options> & {
    readonly zoneId?: string;
    /** How often a second this client asks at most. */
    readonly pace?: number;
    readonly secretAccessKey?: string;
  } = {},
): Promise<LabZone> {
  const {
    pace = 1_000,
    zoneId = '/hostedzone/ZSHOP',
    secretAccessKey = credentials.secretAccessKey,
    ...rest
  } = options;
  const zone = {id: 'ZSHOP', name: 'shop.test', nameServers: ['ns1.lab.test.'], records};
  const route53 = createRoute53({zones: [zone], insyncMs: 20, ...rest});
  const begun = await started(route53);
  const config = {
    endpoint: begun.endpoint.url,
    credentials: {...credentials, secretAccessKey},
    zoneId,
    requestsPerSecond: pace,
  };
  const open = () =>
    hostedZone.open(hostedZone.config.parse(config), {
      name: 'dns',
      signal: new AbortController().signal,
    });
  const session = await open();
  const close = async () => {
    await session.close();
    await begun.endpoint.stop();
  };
  return {
    route53,
    endpoint: begun.endpoint,
    sessions: {zone: session},
    anotherTarget: open,
    picture: async () => [...route53.listed('ZSHOP')].sort(byName),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A set of the steps as the lab keeps it. */
export const asLab = ({ttlSeconds, alias, routing: _routing, ...set}: RecordSet): LabSet => ({
  name: set.name,
  type: set.type,
  ...(set.setIdentifier !== undefined && {setIdentifier: set.setIdentifier}),
  ...(set.weight !== undefined && {weight: set.weight}),
  ...(ttlSeconds !== undefined && {ttl: ttlSeconds}),
  ...(set.values && {values: set.values}),
  ...(alias && {aliasTarget: alias}),
});

const byName = (one: LabSet, other: LabSet): number =>
  JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
