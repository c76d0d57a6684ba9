import {randomUUID} from 'node:crypto';
import {AwsError, xmlReply} from './replies.ts';
import type {AwsService} from './service.ts';
import {describeVpns, type LabVpns} from './vpn.ts';

interface Subnet {
  readonly id: string;
  readonly freeAddresses: number;
}

/** EC2, as far as it is asked: DescribeSubnets and DescribeVpnConnections. */
export const createEc2 = (
  subnets: readonly Subnet[],
  vpns: LabVpns = {all: [], isSilent: false},
): AwsService => ({
  signingName: 'ec2',
  handle: async ({body}) => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    if (action === 'DescribeVpnConnections') {
      return describeVpns(form, vpns);
    }
    if (action !== 'DescribeSubnets') {
      throw new AwsError(
        'InvalidAction',
        `The action ${action} is not valid for this web service.`,
      );
    }
    const ids = [...form].flatMap(([name, value]) => (name.startsWith('SubnetId.') ? [value] : []));
    const unknown = ids.find((id) => !subnets.some((subnet) => subnet.id === id));
    if (unknown !== undefined) {
      const says = `The subnet ID '${unknown}' does not exist`;
      throw new AwsError('InvalidSubnetID.NotFound', says);
    }
    const selected = subnets.filter(({id}) => ids.length === 0 || ids.includes(id));
    return xmlReply('DescribeSubnetsResponse', 'http://ec2.amazonaws.com/doc/2016-11-15/', {
      requestId: randomUUID(),
      subnetSet: {
        item: selected.map(({id, freeAddresses}) => ({
          subnetId: id,
          state: 'available',
          availableIpAddressCount: freeAddresses,
        })),
      },
    });
  },
});
