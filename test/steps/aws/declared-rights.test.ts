import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import type {TargetKind} from '../../../src/model/target.ts';
import {stepLibrary} from '../../../src/run/step-library.ts';
import {shiftWeight} from '../../../steps/elb/shift-weight.ts';
import {loadBalancer} from '../../../steps/elb/target.ts';
import {started} from '../../lab/aws/started.ts';

test('every system on which a step makes a call to AWS can say what its account must be allowed', async () => {
  const silent = (await stepLibrary()).flatMap((unit) =>
    Object.entries<TargetKind>(unit.targets).flatMap(([part, kind]) => {
      const needs: readonly string[] = unit.needs[part] ?? [];
      const asksAws = needs.some((need) => /^[a-z0-9-]+:[A-Z]/.test(need));
      return asksAws && kind.rights === undefined ? [`${unit.name} on ${kind.kind}`] : [];
    }),
  );
  expect(silent).toEqual([]);
});

test('a load balancer is changed only where it is this one, and read as IAM allows it', async () => {
  const identity = createIdentity();
  await using lab = await started(identity.sts, identity.iam);
  const config = loadBalancer.config.parse({...lab.config, loadBalancer: 'web'});
  const rights = await loadBalancer.rights?.(config, shiftWeight.needs.balancer, {
    name: 'balancer',
    signal: new AbortController().signal,
  });
  const on = (kind: string) =>
    `arn:aws:elasticloadbalancing:us-east-1:123456789012:${kind}/*/web/*`;
  expect(rights?.[0]?.grants).toEqual([
    {
      form: 'iam',
      actions: [
        'elasticloadbalancing:DescribeListeners',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeRules',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      resources: ['*'],
    },
    {
      form: 'iam',
      actions: ['elasticloadbalancing:ModifyRule'],
      resources: [on('listener-rule')],
    },
    {form: 'iam', actions: ['elasticloadbalancing:ModifyListener'], resources: [on('listener')]},
  ]);
});
