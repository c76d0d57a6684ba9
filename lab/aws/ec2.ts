import {randomUUID} from 'node:crypto';
import type {AwsService} from './endpoint.ts';
import {AwsError, xmlReply} from './replies.ts';

export interface Subnet {
  readonly id: string;
  readonly freeAddresses: number;
}

/** EC2, as far as a deployment asks it: DescribeSubnets. */
export const createEc2 = (subnets: readonly Subnet[]): AwsService => ({
  signingName: 'ec2',
  handle: async ({body}) => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    if (action !== 'DescribeSubnets') {
      throw new AwsError(
        'InvalidAction',
        `The action ${action} is not valid for this web service.`,
      );
    }
    const wanted = [...form].flatMap(([name, value]) =>
      name.startsWith('SubnetId.') ? [value] : [],
    );
    const unknown = wanted.find((id) => !subnets.some((one) => one.id === id));
    if (unknown !== undefined) {
      const says = `The subnet ID '${unknown}' does not exist`;
      throw new AwsError('InvalidSubnetID.NotFound', says);
    }
    const found = subnets.filter(({id}) => wanted.length === 0 || wanted.includes(id));
    return xmlReply('DescribeSubnetsResponse', 'http://ec2.amazonaws.com/doc/2016-11-15/', {
      requestId: randomUUID(),
      subnetSet: {
        item: found.map(({id, freeAddresses}) => ({
          subnetId: id,
          state: 'available',
          availableIpAddressCount: freeAddresses,
        })),
      },
    });
  },
});
