import {expect, test} from 'vitest';
import {routesHosts} from '../../../steps/elb/routes-hosts.ts';
import {FakeService} from '../ecs/fake-service.ts';
import {arnOf, FakeBalancer, forward, rule} from './fake-balancer.ts';

const hosts = ['www.shop.test', 'shop.test'];
const led = (groups: Readonly<Record<string, number>>) =>
  rule(10, {hosts: ['shop.test', '*.shop.test'], actions: [forward(groups)]});

async function check(balancer: FakeBalancer, {targetGroups = [arnOf('new')], port = 443} = {}) {
  const service = new FakeService({family: 'web', containerDefinitions: []}, 1);
  service.overrides = {targetGroups};
  return routesHosts.check({
    input: routesHosts.input.parse({hosts, port}),
    targets: {balancer: balancer.session().reader, service: service.session().reader},
    run: {id: 'r', entry: 'e', started: false},
    now: new Date(),
    signal: new AbortController().signal,
  });
}

test('it is open when every host reaches the service, and gives what an alias needs', async () => {
  const balancer = new FakeBalancer(led({new: 1}));
  const output = {
    alias: {
      hostedZoneId: 'Z35SXDOTRQ7X7K',
      dnsName: 'dualstack.web.elb.amazonaws.com',
      evaluateTargetHealth: false,
    },
    types: ['A', 'AAAA'],
  };
  expect(await check(balancer)).toEqual({kind: 'done', output});

  balancer.addressType = 'ipv4';
  balancer.scheme = 'internal';
  expect(await check(balancer)).toEqual({
    kind: 'done',
    output: {...output, types: ['A']},
    remarks: [
      'The load balancer web is internal: its name resolves to private addresses, and visitors on the Internet cannot reach it.',
    ],
  });
  balancer.state = 'provisioning';
  expect(await check(balancer)).toEqual({
    kind: 'waiting',
    progress: 'load balancer web is provisioning',
  });
});

const answers = (action: object) => {
  const balancer = new FakeBalancer(
    rule(10, {hosts: ['www.shop.test'], actions: [forward({new: 1})]}),
  );
  balancer.rules.splice(-1, 1, rule(99, {isDefault: true, actions: [action as never]}));
  return balancer;
};

test.each([
  [
    'the fixed response of its default rule',
    answers({Type: 'fixed-response', FixedResponseConfig: {StatusCode: '404'}}),
    {},
    'The load balancer web answers requests for shop.test on port 443 with the fixed response 404 (default rule), so they reach no target group.',
  ],
  [
    'a redirect',
    answers({Type: 'redirect', RedirectConfig: {Host: 'www.shop.test'}}),
    {},
    'The load balancer web answers requests for shop.test on port 443 with a redirect to www.shop.test (default rule), so they reach no target group.',
  ],
  [
    'the target group of another service',
    new FakeBalancer(led({old: 1, new: 1})),
    {},
    'The load balancer web forwards requests for www.shop.test on port 443 (rule 10) to old, but the service web of cluster shop is in new.',
  ],
  [
    'only weight 0',
    new FakeBalancer(led({new: 0})),
    {},
    'The load balancer web forwards requests for www.shop.test on port 443 (rule 10) only to target groups with weight 0.',
  ],
  [
    'a service behind no target group',
    new FakeBalancer(led({new: 1})),
    {targetGroups: []},
    'The service web of cluster shop has no target group.',
  ],
  [
    'another port',
    new FakeBalancer(led({new: 1})),
    {port: 8443},
    'The load balancer web has no listener on port 8443.',
  ],
])('it is blocked by %s', async (_name, balancer, given, reason) => {
  expect(await check(balancer, given)).toEqual({
    kind: 'blocked',
    reason,
    hint: expect.stringMatching(/^[A-Z].{20,}\.$/),
  });
});
