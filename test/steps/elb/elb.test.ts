import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {shiftWeight} from '../../../steps/elb/shift-weight.ts';
import type {loadBalancer} from '../../../steps/elb/target.ts';
import {targetsHealthy} from '../../../steps/elb/targets-healthy.ts';
import {FakeBalancer, forward, rule} from './fake-balancer.ts';
import {type ElbLab, startElbLab} from './lab-balancer.ts';

const canary = {host: 'www.shop.test', weights: {old: 90, new: 10}};
const www = rule(10, {hosts: ['www.shop.test']});

describe('on a fake', () => {
  lawsOfStep({
    step: shiftWeight,
    input: canary,
    world: async () => world(new FakeBalancer(www)),
    blockedWorld: async () => {
      const balancer = new FakeBalancer(www);
      balancer.targets['new'] = [{id: '10.0.0.2', state: 'unhealthy'}];
      return world(balancer);
    },
  });
});

describe('on the lab', () => {
  const labs: ElbLab[] = [];
  const begin = async () => {
    const lab = await startElbLab();
    labs.push(lab);
    return lab;
  };
  afterEach(async () => {
    await Promise.all(labs.splice(0).map((lab) => lab.stop()));
  });

  lawsOfStep({
    step: shiftWeight,
    input: {...canary, port: 80},
    world: async () => {
      const lab = await begin();
      // The lab's listener is where the system put it.
      const session = await lab.open();
      return {sessions: {balancer: lab.onPort80(session)}, picture: () => lab.picture()};
    },
  });

  test('the requests for the host, and no others, are shared out by the weights; and the gate opens', async () => {
    const lab = await begin();
    const session = lab.onPort80(await lab.open());
    const look = lookAt(session.reader, shiftWeight.input.parse({...canary, port: 80}));
    const gate = lookAt(
      session.reader,
      targetsHealthy.input.parse({host: 'www.shop.test', port: 80}),
    );
    expect(await lab.answers('www.shop.test', 10)).toEqual({old: 10});
    const verdict = await shiftWeight.check(look);
    for (const action of verdict.kind === 'pending'
      ? await shiftWeight.plan(look, verdict.before)
      : []) {
      await action.perform(session.writer, look.signal, () => {});
    }
    expect(await lab.answers('www.shop.test', 20)).toEqual({old: 18, new: 2});
    expect(await lab.answers('other.shop.test', 5)).toEqual({old: 5});
    expect(await targetsHealthy.check(gate)).toEqual({
      kind: 'done',
      output: {
        dnsName: 'shop-1234567890.us-east-1.elb.amazonaws.com',
        zoneId: 'Z35SXDOTRQ7X7K',
        targetGroups: ['new', 'old'],
      },
    });
    await session.close();
  });
});

describe('a shift of weight', () => {
  test('says what it changes, and keeps how people sign in before', async () => {
    const signIn = {
      Type: 'authenticate-oidc',
      Order: 1,
      AuthenticateOidcConfig: {
        Issuer: 'https://id',
        AuthorizationEndpoint: 'https://id/a',
        TokenEndpoint: 'https://id/t',
        UserInfoEndpoint: 'https://id/u',
        ClientId: 'shop',
      },
    } as const;
    const actions = [signIn, {...forward({old: 1}), Order: 2}];
    const balancer = new FakeBalancer({...www, actions});
    const {verdict, does} = await shifted(balancer, canary);

    expect(verdict).toMatchObject({
      kind: 'pending',
      differences: [
        {what: 'weight of old', is: '1', shouldBe: '90'},
        {what: 'weight of new', is: 'not in the rule', shouldBe: '10'},
      ],
    });
    expect(does).toEqual([
      'forward requests for www.shop.test on port 443 (rule 10) to old with weight 90, new with weight 10',
    ]);
    expect(balancer.rules[0]?.actions).toEqual([
      {
        ...signIn,
        AuthenticateOidcConfig: {...signIn.AuthenticateOidcConfig, UseExistingClientSecret: true},
      },
      {...forward({old: 90, new: 10}), Order: 2},
    ]);
    expect(balancer.rules.at(-1)?.actions).toEqual([forward({old: 1})]);
  });

  test('without a host it is the default rule that is changed', async () => {
    const balancer = new FakeBalancer(www);
    await shifted(balancer, {weights: {new: 1}});
    expect(balancer.rules.map(({actions}) => actions)).toEqual([
      [forward({old: 1})],
      [forward({new: 1})],
    ]);
  });

  test('somebody else changed the rule: it is left alone, forward and in reverse', async () => {
    const balancer = new FakeBalancer(www);
    const {look, session, before, actions} = await planned(balancer, canary);
    balancer.rules = [{...www, actions: [forward({old: 50, new: 50})]}, ...balancer.rules.slice(1)];
    const [action] = actions;

    await expect(action?.perform(session.writer, look.signal, () => {})).rejects.toMatchObject({
      problem: {code: 'elb-rule-changed'},
    });
    const started = {...look, run: {...look.run, started: true, before}};
    expect(await shiftWeight.check(started)).toMatchObject({
      kind: 'blocked',
      reason:
        'rule 10 of load balancer web forwards to old with weight 50, new with weight 50. Before this step it forwarded to old with weight 1, and this step sets something else.',
    });
    expect(await shiftWeight.reverse(started, before)).toMatchObject({kind: 'blocked'});
    expect(balancer.rules[0]?.actions).toEqual([forward({old: 50, new: 50})]);
  });

  test.each([
    {
      name: 'a group without a healthy target',
      targets: [{id: '10.0.0.2', state: 'unhealthy'}],
      verdict: {
        kind: 'blocked',
        reason:
          'Target group new of the load balancer web is to get weight 10, and none of its 1 targets is healthy.',
        hint: 'Deploy its service first, and wait for it with elb.targets-healthy.',
      },
    },
    {
      name: 'a group that nobody checks',
      targets: [{id: '10.0.0.2', state: 'unused'}],
      verdict: {
        kind: 'blocked',
        reason:
          'Target group new of the load balancer web is to get weight 10, and the health of its 1 targets is not checked: no rule forwards to it.',
        hint: 'Give it weight 0 first, with this step: AWS checks the health of a group that is in a rule.',
      },
    },
    {
      name: 'a group whose checks have just begun',
      targets: [{id: '10.0.0.2', state: 'initial'}],
      verdict: {
        kind: 'waiting',
        progress: 'the first health checks of target group new are running',
      },
    },
  ])('$name is not given requests', async ({targets, verdict}) => {
    const balancer = new FakeBalancer(www);
    balancer.targets['new'] = targets;
    expect((await shifted(balancer, canary)).verdict).toEqual(verdict);
    // With weight 0 it takes none, and its health is checked from then on.
    expect((await shifted(balancer, {...canary, weights: {old: 1, new: 0}})).verdict.kind).toBe(
      'pending',
    );
  });

  test('a group that does not exist, and a rule that does not forward, are reported', async () => {
    const redirect = rule(10, {hosts: ['*.shop.test'], actions: [{Type: 'redirect'}]});
    expect((await shifted(new FakeBalancer(www), {weights: {gone: 1}})).verdict).toMatchObject({
      reason: 'There is no target group gone for the load balancer web in this account and region.',
    });
    expect((await shifted(new FakeBalancer(redirect), canary)).verdict).toMatchObject({
      reason:
        'The load balancer web answers requests for www.shop.test on port 443 with redirect, and forwards them to no target group.',
    });
  });
});

describe('the gate before DNS', () => {
  const healthy = async (balancer: FakeBalancer, input: object = {host: 'www.shop.test'}) =>
    targetsHealthy.check(lookAt(balancer.session().reader, targetsHealthy.input.parse(input)));

  test('waits for every group that may answer, also by the rule of a path', async () => {
    const api = rule(5, {
      hosts: ['www.shop.test'],
      conditions: ['path-pattern'],
      actions: [forward({new: 1})],
    });
    const balancer = new FakeBalancer(api, www, rule(1, {hosts: ['admin.shop.test']}));
    balancer.targets['new'] = [
      {id: '10.0.0.2', state: 'unhealthy', description: 'Request timed out'},
      {id: '10.0.0.3', state: 'healthy'},
      {id: '10.0.0.4', state: 'draining'},
    ];
    expect(await healthy(balancer)).toEqual({
      kind: 'waiting',
      progress: '1 of 2 targets of new are healthy (10.0.0.2 unhealthy: Request timed out)',
    });
    // Nobody asks for that host by the path.
    expect(await healthy(balancer, {host: 'admin.shop.test'})).toMatchObject({
      kind: 'done',
      output: {targetGroups: ['old']},
    });
  });

  test('an empty group is not healthy, and one of weight 0 is not asked', async () => {
    const balancer = new FakeBalancer({...www, actions: [forward({old: 0, new: 1})]});
    balancer.targets['old'] = [{id: '10.0.0.1', state: 'unhealthy'}];
    expect(await healthy(balancer)).toMatchObject({kind: 'done'});
    balancer.targets['new'] = [];
    expect(await healthy(balancer, {host: 'www.shop.test', healthyMin: 2})).toEqual({
      kind: 'waiting',
      progress: '0 of 2 targets of new are healthy',
    });
  });

  test('a balancer that sends nobody anywhere is blocked, with the reason', async () => {
    const none = new FakeBalancer({...www, actions: [forward({old: 0})]});
    expect(await healthy(none)).toMatchObject({
      kind: 'blocked',
      reason:
        'The load balancer web forwards requests for www.shop.test on port 443 only to target groups with weight 0.',
    });
    const fixed = new FakeBalancer(
      rule(2, {hosts: ['w?w.*'], actions: [{Type: 'fixed-response'}]}),
    );
    expect(await healthy(fixed)).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('with fixed-response, and forwards them to no target group'),
    });
    const provisioning = new FakeBalancer(www);
    provisioning.state = 'provisioning';
    expect(await healthy(provisioning)).toEqual({
      kind: 'waiting',
      progress: 'load balancer web is provisioning',
    });
  });
});

const world = (balancer: FakeBalancer) => ({
  sessions: {balancer: balancer.session()},
  picture: balancer.picture,
});

const lookAt = (balancer: unknown, input: any): Look<{balancer: typeof loadBalancer}, any> => ({
  input,
  targets: {balancer: balancer as never}, // what the session gave
  run: {id: 'r-1', entry: 'shift', started: false},
  now: new Date(),
  signal: new AbortController().signal,
});

async function planned(balancer: FakeBalancer, input: object) {
  const session = balancer.session();
  const look = lookAt(session.reader, shiftWeight.input.parse(input));
  const verdict = await shiftWeight.check(look);
  if (verdict.kind !== 'pending') {
    throw new Error(JSON.stringify(verdict));
  }
  const {before} = verdict;
  return {look, session, before, actions: await shiftWeight.plan(look, before)};
}

async function shifted(balancer: FakeBalancer, input: object) {
  const session = balancer.session();
  const look = lookAt(session.reader, shiftWeight.input.parse(input));
  const verdict = await shiftWeight.check(look);
  const actions = verdict.kind === 'pending' ? await shiftWeight.plan(look, verdict.before) : [];
  for (const action of actions) {
    await action.perform(session.writer, look.signal, () => {});
  }
  return {verdict, does: actions.map(({does}) => does)};
}
