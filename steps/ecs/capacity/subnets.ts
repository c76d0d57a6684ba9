import {type AwsConfig, type Ec2Sender, itemsOf, readEc2, textOf} from '../../aws/index.ts';

/**
 * The free addresses of these subnets together; nothing where EC2 does not count them all. Those that the VPC keeps are
 * not among them (EC2 API, Subnet).
 */
export async function freeAddressesOf(
  client: Ec2Sender,
  config: AwsConfig,
  subnets: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const read = {action: 'DescribeSubnets', ids: ['SubnetId', subnets]} as const;
  const answer = await readEc2(client, config, read, signal);
  const counts = itemsOf(answer, 'subnetSet').flatMap(
    (subnet) => textOf(subnet, 'availableIpAddressCount') ?? [],
  );
  if (counts.length < new Set(subnets).size) {
    return undefined;
  }
  return counts.reduce((sum, count) => sum + Number(count), 0);
}
