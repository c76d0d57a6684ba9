import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {maintenancePage} from '../../../steps/elb/maintenance-page.ts';
import {removeMaintenancePage} from '../../../steps/elb/remove-maintenance-page.ts';
import type {loadBalancer} from '../../../steps/elb/target.ts';
import {FakeBalancer, rule} from './fake-balancer.ts';
import {type ElbLab, startElbLab} from './lab-balancer.ts';

const page = {hosts: ['www.shop.test'], body: '<p>Back at six.</p>'};
const www = rule(10, {hosts: ['www.shop.test']});

describe('on a fake', () => {
  const world = async (balancer: FakeBalancer) => ({
    sessions: {balancer: balancer.session()},
    picture: balancer.picture,
  });
  lawsOfStep({
    step: maintenancePage,
    input: page,
    world: () => world(new FakeBalancer(www)),
    blockedWorld: () => world(new FakeBalancer(rule(1, {hosts: ['*.shop.test']}))),
  });
  lawsOfStep({
    step: removeMaintenancePage,
    input: page,
    world: async () => {
      const balancer = new FakeBalancer(www);
      await trying(balancer.session(), page).act('plan');
      return world(balancer);
    },
    blockedWorld: async () => {
      const {reader, writer} = new FakeBalancer().session();
      const look = async (_port: number, signal: AbortSignal) => reader.look(80, signal);
      return {
        sessions: {balancer: {reader: {...reader, look}, writer, close: async () => {}}},
        picture: async () => 'no listener on port 443',
      };
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
    step: maintenancePage,
    input: {...page, port: 80},
    world: async () => {
      const lab = await begin();
      const session = await lab.open();
      return {sessions: {balancer: lab.onPort80(session)}, picture: () => lab.picture()};
    },
    // AWS gives every rule another ARN.
    comparable: (picture) => JSON.stringify(picture).replaceAll(/000abc[0-9a-f]/g, 'new'),
  });

  test('visitors of the host see the page and no others do; a change that AWS refuses is told', async () => {
    const lab = await begin();
    const session = lab.onPort80(await lab.open());
    const {act, signal} = trying(session, {...page, port: 80});
    await act('plan');
    expect(await lab.answers('www.shop.test', 2)).toEqual({[page.body]: 2});
    expect(await lab.answers('other.shop.test', 2)).toEqual({old: 2});
    const answer = {hosts: ['a.test'], status: '503', contentType: 'text/html', body: 'x'};
    const refused = (change: object, priority: number) =>
      expect(session.writer.answer(80, {...answer, ...change}, priority, signal)).rejects;
    await refused({}, 1).toMatchObject({problem: {code: 'elb-priority-taken'}});
    await refused({body: 'x'.repeat(1_025)}, 2).toMatchObject({
      problem: {code: 'elb-request-refused', message: expect.stringContaining('1024')},
    });
    await refused({hosts: [...'abcdef']}, 2).toMatchObject({
      problem: {message: expect.stringContaining('at most 5 condition values')},
    });
    // Somebody has changed the rule since the reversal was planned.
    await session.writer.stopAnswering(80, {...answer, hosts: page.hosts}, 1, signal);
    expect(await lab.answers('www.shop.test', 2)).toEqual({[page.body]: 2});
    const removing = trying(session, {...page, port: 80}, {started: true}, removeMaintenancePage);
    await removing.act('plan');
    expect(await lab.answers('www.shop.test', 2)).toEqual({old: 2});
    await removing.act('reverse');
    expect(await lab.answers('www.shop.test', 2)).toEqual({[page.body]: 2});
    await act('reverse');
    expect(await lab.answers('www.shop.test', 2)).toEqual({old: 2});
  });
});

test('the page of somebody else is left alone, and so is a rule that took the priority meanwhile', async () => {
  const balancer = new FakeBalancer(www);
  await trying(balancer.session(), page).act('plan');
  expect(balancer.rules.map(({priority}) => priority)).toEqual([1, 10, Number.POSITIVE_INFINITY]);
  const {check} = trying(balancer.session(), page, {started: false});
  expect(await check()).toEqual({kind: 'done', output: {priority: 1}});

  const other = rule(1, {hosts: ['api.shop.test']});
  balancer.rules = [other, www];
  await trying(balancer.session(), page).act('reverse');
  expect(balancer.rules).toEqual([other, www]);
  await expect(trying(balancer.session(), page).act('plan')).rejects.toMatchObject({
    problem: {code: 'elb-priority-taken'},
  });
  const {writer} = balancer.session();
  const answer = {...page, status: '503', contentType: 'text/html'};
  const {signal} = new AbortController();
  await expect(writer.answer(80, answer, 2, signal)).rejects.toMatchObject({
    problem: {code: 'elb-listener-missing'},
  });

  // A reversal shows the page again, and takes no other rule's place for it either.
  const removing = trying(balancer.session(), page, {started: true}, removeMaintenancePage);
  expect(await removing.check()).toEqual({kind: 'done', output: {}});
  await expect(removing.act('reverse')).rejects.toMatchObject({
    problem: {code: 'elb-priority-taken'},
  });
});

test('a rule that would take the requests first is named', async () => {
  const balancer = new FakeBalancer(rule(1, {hosts: ['*.shop.test']}), www);
  const {check} = trying(balancer.session(), page, {started: false});
  expect(await check()).toEqual({
    kind: 'blocked',
    reason:
      'Rule 1 on port 443 of the load balancer web answers requests for www.shop.test before the page would: its rule would have priority 2.',
    hint: 'Move that rule to a free priority with a larger number: aws elbv2 set-rule-priorities --rule-priorities RuleArn=rule/1,Priority=…',
  });
  balancer.rules = [rule(1, {hosts: ['api.shop.test']}), www];
  expect(await check()).toMatchObject({kind: 'pending', before: {priority: 2}});
  expect(() => maintenancePage.input.parse({...page, body: 'ä'.repeat(513)})).toThrow(
    'at most 1024 bytes',
  );
});

function trying(
  session: ReturnType<FakeBalancer['session']>,
  input: object,
  run: object = {started: true, before: {priority: 1}},
  step: typeof maintenancePage | typeof removeMaintenancePage = maintenancePage,
) {
  const {signal} = new AbortController();
  const look: Look<{balancer: typeof loadBalancer}, any> = {
    input: step.input.parse(input),
    targets: {balancer: session.reader},
    run: {id: 'r-1', entry: 'page', started: true, ...run},
    now: new Date(),
    signal,
  };
  return {
    signal,
    check: () => step.check(look),
    act: async (way: 'plan' | 'reverse') => {
      const actions = await step[way](look, {priority: 1, priorities: [1]});
      for (const action of 'kind' in actions ? [] : actions) {
        await action.perform(session.writer, signal, () => {});
      }
    },
  };
}
