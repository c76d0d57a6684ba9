import {expect, test} from 'vitest';
import type {TargetRights} from '../../src/model/rights.ts';
import {iamPolicies, missingIn, permissionsText, plainPaint} from '../../src/report/index.ts';

const role = 'arn:aws:sts::123456789012:assumed-role/switcharoo/night';
const zone = 'arn:aws:route53:::hostedzone/Z1';

const targets: readonly TargetRights[] = [
  {
    target: 'source',
    kind: 'mysql',
    rights: [
      {
        account: 'switcharoo@10.0.0.5',
        grants: [
          {form: 'statement', text: "GRANT PROCESS, SUPER ON *.* TO 'switcharoo'@'10.0.0.5';"},
          {form: 'words', text: 'an account for Aurora with REPLICATION SLAVE'},
        ],
        needs: [
          {need: 'PROCESS ON *.*', is: 'granted'},
          {need: 'SUPER ON *.*', is: 'missing', reason: 'SHOW GRANTS does not list it'},
        ],
      },
    ],
  },
  ...['main', 'other'].map((target) => ({
    target,
    kind: 'route53-zone',
    rights: [
      {
        account: role,
        grants: [
          {form: 'iam' as const, actions: ['route53:GetHostedZone'], resources: [zone]},
          {form: 'iam' as const, actions: ['route53:GetChange'], resources: ['*']},
        ],
        needs: [
          {need: 'route53:GetHostedZone', is: 'unknown' as const, reason: 'no answer'},
          {need: 'route53:GetChange', is: 'unknown' as const, reason: 'no answer'},
        ],
      },
    ],
  })),
];

test('one policy for an account has what all its targets need, each once', () => {
  expect(iamPolicies(targets)).toEqual([
    {
      account: role,
      targets: ['main', 'other'],
      document: {
        Version: '2012-10-17',
        Statement: [
          {Effect: 'Allow', Action: ['route53:GetHostedZone'], Resource: [zone]},
          {Effect: 'Allow', Action: ['route53:GetChange'], Resource: ['*']},
        ],
      },
    },
  ]);
});

test('what is surely missing is named with its target and its account', () => {
  expect(missingIn(targets)).toEqual([
    {
      target: 'source',
      account: 'switcharoo@10.0.0.5',
      need: 'SUPER ON *.*',
      is: 'missing',
      reason: 'SHOW GRANTS does not list it',
    },
  ]);
});

test('statements are printed to be pasted, with what is held, missing and not known beside them', () => {
  const shown = {runbook: 'orders', inventory: 'staging', targets: targets.slice(0, 2)};
  expect(permissionsText(shown, {width: 72, paint: plainPaint})).toBe(
    `Permissions for orders on staging

IAM policy of arn:aws:sts::123456789012:assumed-role/switcharoo/night (main)
${JSON.stringify(iamPolicies(targets)[0]?.document, null, 2)}

source (mysql)
  GRANT PROCESS, SUPER ON *.* TO 'switcharoo'@'10.0.0.5';
  by hand: an account for Aurora with REPLICATION SLAVE
  ✓ switcharoo@10.0.0.5 has 1 of 2
  ✗ it lacks SUPER ON *.*: SHOW GRANTS does not list it

main (route53-zone)
  ? not known whether it has route53:GetHostedZone, route53:GetChange:
    no answer`,
  );
});
