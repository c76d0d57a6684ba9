import {IAMClient, paginateSimulatePrincipalPolicy} from '@aws-sdk/client-iam';
import {AssumeRoleCommand, GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts';
import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {readingClient} from '../../../steps/aws/index.ts';
import {refusalOf, started} from './started.ts';

const role = 'arn:aws:iam::123456789012:role/switcharoo';

async function opened() {
  const identity = createIdentity();
  const begun = await started(identity.sts, identity.iam);
  const settings = readingClient(begun.config);
  return {...begun, identity, sts: new STSClient(settings), iam: new IAMClient(settings)};
}

test('whoever signs is told who that is', async () => {
  await using lab = await opened();
  expect(await lab.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: 'arn:aws:sts::123456789012:assumed-role/switcharoo/night',
    Account: '123456789012',
  });
});

test.each([
  ['us-gov-west-1', 'arn:aws-us-gov'],
  ['cn-north-1', 'arn:aws-cn'],
])('in %s, the caller and a role have ARNs of %s', async (region, partition) => {
  const arn = `${partition}:iam::123456789012:role/switcharoo`;
  const identity = createIdentity({roles: [{arn}]});
  await using lab = await started(identity.sts, identity.iam);
  const settings = readingClient({...lab.config, region});
  const [sts, iam] = [new STSClient(settings), new IAMClient(settings)];
  const {Arn} = await sts.send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe(`${partition}:sts::123456789012:assumed-role/switcharoo/night`);
  const role = {RoleArn: arn, RoleSessionName: 'night'};
  const {AssumedRoleUser} = await sts.send(new AssumeRoleCommand(role));
  expect(AssumedRoleUser?.Arn).toBe(Arn);
  const simulated = {PolicySourceArn: arn, ActionNames: ['ecs:ListTasks']};
  const page = await paginateSimulatePrincipalPolicy({client: iam}, simulated).next();
  expect(page.value?.EvaluationResults).toMatchObject([{EvalDecision: 'allowed'}]);
});

test('a policy is simulated, action by action and resource by resource, in pages', async () => {
  await using lab = await opened();
  lab.identity.allow({actions: ['ecs:Describe*'], resources: ['arn:aws:ecs:*:service/shop/*']});
  const pages = paginateSimulatePrincipalPolicy(
    {client: lab.iam, pageSize: 1},
    {
      PolicySourceArn: role,
      ActionNames: ['ecs:DescribeServices', 'ecs:UpdateService'],
      ResourceArns: ['arn:aws:ecs:us-east-1:123456789012:service/shop/web'],
    },
  );
  const results = [];
  let count = 0;
  for await (const {EvaluationResults = []} of pages) {
    count += 1;
    results.push(...EvaluationResults.map((one) => [one.EvalActionName, one.EvalDecision]));
  }
  expect(results).toEqual([
    ['ecs:DescribeServices', 'allowed'],
    ['ecs:UpdateService', 'implicitDeny'],
  ]);
  expect(count).toBe(2);
});

test('only a user or a role can be simulated', async () => {
  await using lab = await opened();
  const pages = paginateSimulatePrincipalPolicy(
    {client: lab.iam},
    {PolicySourceArn: 'arn:aws:iam::123456789012:root', ActionNames: ['ecs:ListTasks']},
  );
  expect(await refusalOf(pages.next())).toMatchObject({name: 'InvalidInputException'});
});
