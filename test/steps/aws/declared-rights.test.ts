import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {arnIn} from '../../../lab/aws/partition.ts';
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

/** What the entry of a target has beside the settings of AWS. */
const entries: Readonly<Record<string, object>> = {
  'ecs-service': {cluster: 'shop', service: 'web'},
  'load-balancer': {loadBalancer: 'web'},
  'route53-zone': {zoneId: 'Z1'},
  's3-bucket': {bucket: 'shop'},
  'aws-settings': {bucket: 'shop'},
  'mysql.aurora': {
    ...{clusterIdentifier: 'shop', host: '127.0.0.1', port: 1, user: 'switcharoo', password: 'p'},
  },
  registrar: {by: 'route53-domains', domain: 'shop.test'},
};

test.each(['us-gov-west-1', 'cn-north-1'])(
  'in %s every statement is for its partition, and is all that is needed',
  async (region) => {
    const partition = arnIn(region);
    const identity = createIdentity();
    await using lab = await started(identity.sts, identity.iam);
    const units = await stepLibrary();
    const kinds = new Map<string, {kind: TargetKind; needs: Set<string>}>();
    for (const unit of units) {
      for (const [part, kind] of Object.entries<TargetKind>(unit.targets)) {
        const needs = kinds.get(kind.kind)?.needs ?? new Set();
        for (const need of unit.needs[part] ?? []) {
          needs.add(need);
        }
        kinds.set(kind.kind, {kind, needs});
      }
    }
    const arns: string[] = [];
    for (const {kind, needs} of kinds.values()) {
      const ofAws = [...needs].filter((need) => /^[a-z0-9-]+:[A-Z]/.test(need));
      if (ofAws.length === 0) {
        continue;
      }
      const config = kind.config.parse({...lab.config, region, ...entries[kind.kind]});
      const context = {name: kind.kind, signal: new AbortController().signal};
      const rights = (await kind.rights?.(config, ofAws, context)) ?? [];
      const grants = rights.flatMap(({grants: each}) => each);
      arns.push(...grants.flatMap((grant) => (grant.form === 'iam' ? grant.resources : [])));
      expect(rights.flatMap(({needs: each}) => each).filter(({is}) => is !== 'granted')).toEqual(
        [],
      );
    }
    expect(arns.filter((arn) => arn !== '*').length).toBeGreaterThan(20);
    expect(arns.filter((arn) => arn !== '*' && !arn.startsWith(`${partition}:`))).toEqual([]);
  },
);
