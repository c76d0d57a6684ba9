import {type AwsConfig, arnOf, partitionOf, simulatedRights} from '../../aws/index.ts';
import type {PullRights} from '../contract.ts';
import {whyNot} from './download.ts';
import type {EcrImage} from './reference.ts';
import {inRegistry} from './registry.ts';

interface Pull {
  readonly role: string;
  readonly place: EcrImage;
}

const login = 'ecr:GetAuthorizationToken';

/**
 * Whether a role may pull an image. In its own account the policy of the repository may allow what no policy of the
 * role allows; of another account both must (ECR user guide, "Private repository policies"). IAM simulates no policy of
 * a repository for a role (IAM API, SimulatePrincipalPolicy).
 */
export async function pullRights(
  config: AwsConfig,
  pull: Pull,
  signal: AbortSignal,
): Promise<PullRights> {
  try {
    return await simulatedPull(config, pull, signal);
  } catch (error) {
    return {kind: 'not-told', why: whyNot(error, signal)};
  }
}

async function simulatedPull(
  config: AwsConfig,
  {role, place}: Pull,
  signal: AbortSignal,
): Promise<PullRights> {
  const {account, region, repository} = place;
  const where = {partition: partitionOf(region).name, region, account};
  const statements = [
    {actions: [login], resources: ['*']},
    {
      actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [arnOf(where, 'ecr', `repository/${repository}`)],
    },
  ];
  const answers = await simulatedRights(config, role, statements, signal);
  const missing = answers.flatMap(({need, is}) => (is === 'missing' ? [need] : []));
  const open = answers.find(({is}) => is === 'unknown');
  const isForeign = !role.includes(`:${account}:`);
  if (missing.length > 0) {
    const isSure =
      isForeign || missing.includes(login) || !(await hasPolicy(config, place, signal));
    return isSure
      ? {kind: 'refused', actions: missing}
      : {
          kind: 'not-told',
          why: `no policy of the role allows ${missing.join(', ')}; the policy of the repository may`,
        };
  }
  if (open) {
    return {kind: 'not-told', why: open.reason ?? 'IAM does not tell'};
  }
  return isForeign
    ? {
        kind: 'not-told',
        why: `the policy of the repository in account ${account} must allow it as well`,
      }
    : {kind: 'allowed'};
}

/** Whether the repository has a policy of its own. */
const hasPolicy = (
  config: AwsConfig,
  place: EcrImage,
  abortSignal: AbortSignal,
): Promise<boolean> =>
  inRegistry(config, place, async ({sdk, reading}) => {
    const {account: registryId, repository: repositoryName} = place;
    const command = new sdk.GetRepositoryPolicyCommand({registryId, repositoryName});
    try {
      return (await reading.send(command, {abortSignal})).policyText !== undefined;
    } catch (error) {
      if (error instanceof Error && error.name === 'RepositoryPolicyNotFoundException') {
        return false;
      }
      throw error;
    }
  });
