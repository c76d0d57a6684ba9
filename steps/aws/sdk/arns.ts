/** Where an ARN is: the account is `*` as long as it is not known. */
export interface AwsPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

interface Partition {
  readonly name: string;
  /** What the names of its endpoints end with. */
  readonly domain: string;
}

/** The partitions by the beginning of their regions (the SDK's own `partitions.json`). */
const partitions: readonly (readonly [prefix: string, Partition])[] = [
  ['cn-', {name: 'aws-cn', domain: 'amazonaws.com.cn'}],
  ['us-gov-', {name: 'aws-us-gov', domain: 'amazonaws.com'}],
  ['us-isob-', {name: 'aws-iso-b', domain: 'sc2s.sgov.gov'}],
  ['us-isof-', {name: 'aws-iso-f', domain: 'csp.hci.ic.gov'}],
  ['us-iso-', {name: 'aws-iso', domain: 'c2s.ic.gov'}],
  ['eu-isoe-', {name: 'aws-iso-e', domain: 'cloud.adc-e.uk'}],
  ['eusc-', {name: 'aws-eusc', domain: 'amazonaws.eu'}],
];

export const partitionOf = (region: string): Partition =>
  partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? {
    name: 'aws',
    domain: 'amazonaws.com',
  };

/** Services whose resources belong to no region, and those whose belong to no account either. */
const withoutRegion = new Set(['iam', 'route53', 's3']);
const withoutAccount = new Set(['route53', 's3']);

/** `arn:aws:ecs:eu-west-1:123456789012:service/shop/web`, in the partition of the place. */
export function arnOf(
  {partition, region, account}: AwsPlace,
  service: string,
  resource: string,
): string {
  const where = withoutRegion.has(service) ? '' : region;
  const whose = withoutAccount.has(service) ? '' : account;
  return `arn:${partition}:${service}:${where}:${whose}:${resource}`;
}
