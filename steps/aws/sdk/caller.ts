import {isPrincipalArn, type Principal, type Problem, SwitcharooError} from '../../../src/index.ts';
import {awsClients} from './clients.ts';
import type {AwsConfig} from './config.ts';

interface Caller {
  readonly arn: string;
  readonly account: string;
  readonly id: string;
}

/** No policy can forbid this call (STS API reference, GetCallerIdentity). */
export async function callerIdentity(
  config: AwsConfig,
  name: string,
  signal: AbortSignal,
): Promise<Caller> {
  const sts = awsClients(
    config,
    () => import('@aws-sdk/client-sts'),
    (sdk, settings) => new sdk.STSClient(settings),
  );
  try {
    const {
      Arn: arn = '',
      Account: account = '',
      UserId: id = '',
    } = await sts.ask(`the account of ${name}`, ({sdk, reading}) =>
      reading.send(new sdk.GetCallerIdentityCommand({}), {abortSignal: signal}),
    );
    return {arn, account, id};
  } finally {
    await sts.close();
  }
}

/** As policies know the caller: by the ARN of the role, and not of its session. */
export async function callerOf(
  config: AwsConfig,
  name: string,
  signal: AbortSignal,
): Promise<Principal> {
  const {arn, account, id} = await callerIdentity(config, name, signal);
  if (!isPrincipalArn(arn)) {
    throw new SwitcharooError(noPrincipal(arn));
  }
  const [, partition, role] = /^arn:([\w-]+):sts::\d+:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role === undefined
    ? {arn, id}
    : {
        id,
        arn:
          (await pathOf(config, role, signal)) ?? `arn:${partition}:iam::${account}:role/${role}`,
      };
}

/**
 * The ARN of a session lacks the path of its role. A caller who may not read it, or cannot reach IAM, most likely has a
 * role without a path.
 */
async function pathOf(
  config: AwsConfig,
  role: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const iam = awsClients(
    config,
    () => import('@aws-sdk/client-iam'),
    (sdk, settings) => new sdk.IAMClient(settings),
  );
  try {
    const {sdk, reading} = await iam.get();
    const command = new sdk.GetRoleCommand({RoleName: role});
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(pathLimitMs)]);
    return (await reading.send(command, {abortSignal})).Role?.Arn;
  } catch {
    // STS has said who it is: that is not thrown away because the caller's own time is over.
    if (!isTimeUp(signal)) {
      signal.throwIfAborted();
    }
    return undefined;
  } finally {
    await iam.close();
  }
}

const isTimeUp = ({reason}: AbortSignal): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';

const pathLimitMs = 2_000;

const noPrincipal = (arn: string): Problem => ({
  code: 'caller-unknown',
  message: `${arn} is neither a user nor a role, so approvals cannot be attributed to it.`,
  hint: 'Use the keys of an IAM user or of a role, not those of the root user or of a federated user.',
});
