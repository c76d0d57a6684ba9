import type {Problem} from '../../../src/index.ts';
import type {AwsConfig} from './config.ts';
import {oneLine} from './problems.ts';

export const sourceText = ({
  profile,
  assumeRole,
}: Pick<AwsConfig, 'profile' | 'assumeRole'>): string =>
  [
    ...(assumeRole ? [`role ${assumeRole.arn}`] : []),
    ...(profile === undefined ? [] : [`profile ${profile}`]),
  ].join(', from ') || 'the default chain';

export const credentialsNotGiven = (config: AwsConfig, answer: string): Problem => ({
  code: 'aws-credentials-not-given',
  message: `There are no credentials of ${sourceText(config)}: ${oneLine(answer)}`,
  hint: config.assumeRole
    ? `Correct assumeRole of the target in the inventory (arn, externalId, mfa), or the trust policy of the role. Try it with: aws sts assume-role --role-arn ${config.assumeRole.arn} --role-session-name test`
    : 'Sign in to the profile again (aws sso login), or correct "profile" or "mfa" of the target in the inventory.',
});
