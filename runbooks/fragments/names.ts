import {isIPv6} from 'node:net';
import {z} from 'zod';

/** The names of the site, and where they lead after the cutover. All are in one zone, and change in one batch. */
export const siteNames = z.object({
  /** The name that users look up. */
  siteName: z.string(),
  /** Names that move with it: the apex, `api`. */
  otherNames: z.array(z.string()).default([]),
  /** Fixed addresses, IPv4 and IPv6. Without any, every name becomes an alias of the load balancer. */
  newAddresses: z.array(z.string()).default([]),
  /** Records of other types with new values: `{name, type: HTTPS, values}`. */
  otherRecords: z
    .array(z.object({name: z.string(), type: z.string(), values: z.array(z.string()).min(1)}))
    .default([]),
  /** Records that are deleted in the same batch: a CNAME, and what has no successor, such as an AAAA. */
  removedRecords: z.array(z.object({name: z.string(), type: z.string()})).default([]),
  /** How long resolvers keep an alias. AWS sets it. */
  aliasTtlSeconds: z.coerce.number().int().positive().default(60),
});
type SiteNames = z.output<typeof siteNames>;

interface NewRecord {
  readonly name: string;
  readonly type: string;
  readonly values?: string[];
  readonly alias?: Balancer['alias'];
}

/** What a load balancer gives for alias records: the output of `elb.routes-hosts`. */
interface Balancer {
  readonly alias: {
    readonly hostedZoneId: string;
    readonly dnsName: string;
    readonly evaluateTargetHealth: boolean;
  };
  readonly types: readonly string[];
}

export const namesOf = ({siteName, otherNames}: SiteNames): [string, ...string[]] => [
  siteName,
  ...otherNames,
];

const fixedByType = ({newAddresses}: SiteNames) => ({
  A: newAddresses.filter((address) => !isIPv6(address)),
  AAAA: newAddresses.filter(isIPv6),
});

/** The records after the swap, for `route53.swap-records`. `balancer` is asked where no address is fixed. */
export function swapOf(params: SiteNames, balancer: () => Balancer) {
  const fixed = Object.entries(fixedByType(params)).filter(([, values]) => values.length > 0);
  const led = namesOf(params).flatMap((name): readonly NewRecord[] =>
    fixed.length > 0
      ? fixed.map(([type, values]) => ({name, type, values}))
      : balancer().types.map((type) => ({name, type, alias: balancer().alias})),
  );
  const sets: NewRecord[] = [...led, ...params.otherRecords];
  return {sets, remove: params.removedRecords};
}

/** The answers after the swap, for `dns.propagated`. */
export function answersOf(params: SiteNames, balancer: () => Balancer) {
  const {sets, remove} = swapOf(params, balancer);
  return [
    ...sets.map(({name, type, values, alias}) => ({
      ...{name, type},
      ...(alias ? {sameAs: alias.dnsName} : {values}),
    })),
    ...remove.map(({name, type}) => ({name, type, absent: true as const})),
  ];
}

/** How long resolvers keep the records of the swap. */
export const cachedSecondsOf = (
  {newAddresses, aliasTtlSeconds}: SiteNames,
  lowTtlSeconds: number,
): number => (newAddresses.length > 0 ? lowTtlSeconds : Math.max(lowTtlSeconds, aliasTtlSeconds));

/** `www.shop.example, shop.example will resolve to the load balancer.` */
export const resolveText = (params: SiteNames): string =>
  `${namesOf(params).join(', ')} will resolve to ${params.newAddresses.join(', ') || 'the load balancer'}.`;
