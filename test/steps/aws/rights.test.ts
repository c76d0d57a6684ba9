import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {awsRights, type ResourcesOf} from '../../../steps/aws/rights.ts';
import {started} from '../../lab/aws/started.ts';

const needs = [
  'ecs:DescribeServices',
  'ecs:UpdateService',
  'ecs:ListTasks',
  'iam:PassRole (the task role)',
  'to reach the console',
];
const resourcesOf: ResourcesOf = (action, account) =>
  action.endsWith('Service') || action.endsWith('Services')
    ? [`arn:aws:ecs:us-east-1:${account}:service/shop/web`]
    : action === 'iam:PassRole'
      ? [`arn:aws:iam::${account}:role/*`]
      : ['*'];
const context = {name: 'web', signal: new AbortController().signal};

async function opened(arn?: string) {
  const identity = createIdentity(arn === undefined ? {} : {arn});
  return {...(await started(identity.sts, identity.iam)), identity};
}

test('needs become statements for the account of the caller, as narrow as IAM allows', async () => {
  await using lab = await opened();
  expect(await awsRights(lab.config, needs, resourcesOf, context)).toEqual({
    account: 'arn:aws:sts::123456789012:assumed-role/switcharoo/night',
    grants: [
      {
        form: 'iam',
        actions: ['ecs:DescribeServices', 'ecs:UpdateService'],
        resources: ['arn:aws:ecs:us-east-1:123456789012:service/shop/web'],
      },
      {form: 'iam', actions: ['ecs:ListTasks'], resources: ['*']},
      {form: 'iam', actions: ['iam:PassRole'], resources: ['arn:aws:iam::123456789012:role/*']},
      {form: 'words', text: 'to reach the console'},
    ],
    held: [
      {need: 'ecs:DescribeServices', is: 'held'},
      {need: 'ecs:UpdateService', is: 'held'},
      {need: 'ecs:ListTasks', is: 'held'},
      {need: 'iam:PassRole', is: 'held'},
    ],
  });
});

test('exactly these statements are enough, and each action that is removed is reported as missing', async () => {
  await using lab = await opened();
  const {grants} = await awsRights(lab.config, needs, resourcesOf, context);
  const policy = grants.flatMap((grant) => (grant.form === 'iam' ? [grant] : []));
  for (const missed of policy.flatMap(({actions}) => actions)) {
    lab.identity.allow(
      ...policy.map(({actions, resources}) => ({
        actions: actions.filter((action) => action !== missed),
        resources,
      })),
    );
    const {held} = await awsRights(lab.config, needs, resourcesOf, context);
    expect(held.filter(({is}) => is !== 'held').map(({need, is}) => [need, is])).toEqual([
      [missed, 'missing'],
    ]);
  }
});

test('an account that is neither a user nor a role cannot be simulated, and its rights are unknown', async () => {
  await using lab = await opened('arn:aws:iam::123456789012:root');
  const {held} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(new Set(held.map(({is, says}) => `${is}: ${says}`))).toEqual(
    new Set(['unknown: IAM cannot simulate the policies of arn:aws:iam::123456789012:root']),
  );
});

test('an account that may not ask IAM still gets the policy, and its rights are unknown', async () => {
  await using lab = await opened();
  lab.endpoint.faults.add({service: 'iam', operation: 'SimulatePrincipalPolicy', kind: 'deny'});
  const {held, grants} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(grants).toHaveLength(4);
  expect(held.map(({is}) => is)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  expect(held[0]?.says).toMatch(/not authorized/);
});

test('without AWS the policy leaves the account open', async () => {
  const lab = await opened();
  await lab[Symbol.asyncDispose]();
  const {account, grants, held} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(account).toBeNull();
  expect(grants[0]).toMatchObject({resources: ['arn:aws:ecs:us-east-1:*:service/shop/web']});
  expect(held.every(({is}) => is === 'unknown')).toBe(true);
});
