import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {arnOf, awsRights, partitionOf, type ResourcesOf} from '../../../steps/aws/index.ts';
import {started} from '../../lab/aws/started.ts';

const needs = [
  'ecs:DescribeServices',
  'ecs:UpdateService',
  'ecs:ListTasks',
  'iam:PassRole (the task role)',
  'to reach the console',
];
const resourcesOf: ResourcesOf = (action, place) =>
  action.endsWith('Service') || action.endsWith('Services')
    ? [arnOf(place, 'ecs', 'service/shop/web')]
    : action === 'iam:PassRole'
      ? [arnOf(place, 'iam', 'role/*')]
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
    needs: [
      {need: 'ecs:DescribeServices', is: 'granted'},
      {need: 'ecs:UpdateService', is: 'granted'},
      {need: 'ecs:ListTasks', is: 'granted'},
      {need: 'iam:PassRole', is: 'granted'},
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
    const {needs: statuses} = await awsRights(lab.config, needs, resourcesOf, context);
    expect(statuses.filter(({is}) => is !== 'granted').map(({need, is}) => [need, is])).toEqual([
      [missed, 'missing'],
    ]);
  }
});

test('an account that is neither a user nor a role cannot be simulated, and its rights are unknown', async () => {
  await using lab = await opened('arn:aws:iam::123456789012:root');
  const {needs: statuses} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(new Set(statuses.map(({is, reason}) => `${is}: ${reason}`))).toEqual(
    new Set(['unknown: IAM cannot simulate the policies of arn:aws:iam::123456789012:root']),
  );
});

test('an account that may not ask IAM still gets the policy, and its rights are unknown', async () => {
  await using lab = await opened();
  lab.endpoint.faults.add({service: 'iam', operation: 'SimulatePrincipalPolicy', kind: 'deny'});
  const {needs: statuses, grants} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(grants).toHaveLength(4);
  expect(statuses.map(({is}) => is)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  expect(statuses[0]?.reason).toMatch(/not authorized/);
});

test('without AWS the policy leaves the account open', async () => {
  const lab = await opened();
  await lab[Symbol.asyncDispose]();
  const {
    account,
    grants,
    needs: statuses,
  } = await awsRights(lab.config, needs, resourcesOf, context);
  expect(account).toBeNull();
  expect(grants[0]).toMatchObject({resources: ['arn:aws:ecs:us-east-1:*:service/shop/web']});
  expect(statuses.every(({is}) => is === 'unknown')).toBe(true);
});

test('an ARN is of the partition of its region', () => {
  const regions = ['eu-west-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1'];
  const arns = [...regions, 'eusc-de-east-1'].map((region) =>
    arnOf({partition: partitionOf(region).name, region, account: '1'}, 'ecr', 'repository/web'),
  );
  expect(arns).toEqual([
    'arn:aws:ecr:eu-west-1:1:repository/web',
    'arn:aws-cn:ecr:cn-north-1:1:repository/web',
    'arn:aws-us-gov:ecr:us-gov-west-1:1:repository/web',
    'arn:aws-iso:ecr:us-iso-east-1:1:repository/web',
    'arn:aws-iso-b:ecr:us-isob-east-1:1:repository/web',
    'arn:aws-eusc:ecr:eusc-de-east-1:1:repository/web',
  ]);
  const china = {partition: 'aws-cn', region: 'cn-north-1', account: '1'};
  expect(['iam', 's3', 'route53'].map((service) => arnOf(china, service, 'x'))).toEqual([
    'arn:aws-cn:iam::1:x',
    'arn:aws-cn:s3:::x',
    'arn:aws-cn:route53:::x',
  ]);
});

test('the partition of a caller is that of its own ARN', async () => {
  await using lab = await opened('arn:aws-us-gov:sts::123456789012:assumed-role/switcharoo/night');
  const {grants} = await awsRights(lab.config, needs, resourcesOf, context);
  expect(grants[0]).toMatchObject({
    resources: ['arn:aws-us-gov:ecs:us-east-1:123456789012:service/shop/web'],
  });
});
