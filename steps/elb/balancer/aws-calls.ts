import {SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import {askAws} from '../../aws/problems.ts';
import type {BalancerCalls, Group} from './calls.ts';
import {balancerNotFound, nameOf, refused} from './problems.ts';
import {ruleOf} from './rules.ts';

export interface BalancerName {
  /** Its name, or its ARN. */
  readonly loadBalancer: string;
}

/** The calls through the AWS SDK, which is loaded with the first of them. */
export function awsCalls(config: AwsConfig & BalancerName): BalancerCalls {
  let opened: Promise<Clients> | undefined;
  const ask = <Result>(call: (clients: Clients) => Promise<Result>): Promise<Result> =>
    askAws(nameOf(config), async () => {
      opened ??= openClients(config);
      const clients = await opened;
      try {
        return await call(clients);
      } catch (cause) {
        throw problemOf(config, cause) ?? cause;
      }
    });

  async function found(
    asked: {readonly Names: string[]} | {readonly TargetGroupArns: string[]},
    abortSignal: AbortSignal,
  ): Promise<readonly Group[]> {
    return ask(async ({elb, reading}) => {
      const {TargetGroups = []} = await reading.send(new elb.DescribeTargetGroupsCommand(asked), {
        abortSignal,
      });
      return TargetGroups.map(({TargetGroupArn: arn = '', TargetGroupName: name = ''}) => ({
        arn,
        name,
      }));
    });
  }

  return {
    describe: (abortSignal) =>
      ask(async ({elb, reading}) => {
        const {loadBalancer} = config;
        const asked = loadBalancer.startsWith('arn:')
          ? {LoadBalancerArns: [loadBalancer]}
          : {Names: [loadBalancer]};
        const command = new elb.DescribeLoadBalancersCommand(asked);
        const [balancer] = (await reading.send(command, {abortSignal})).LoadBalancers ?? [];
        if (!balancer) {
          throw new SwitcharooError(balancerNotFound(config));
        }
        return {
          arn: balancer.LoadBalancerArn ?? '',
          state: balancer.State?.Code ?? 'active',
          dnsName: balancer.DNSName ?? '',
          zoneId: balancer.CanonicalHostedZoneId ?? '',
        };
      }),

    listeners: (balancer, abortSignal) =>
      ask(async ({elb, reading}) => {
        const asked = {LoadBalancerArn: balancer};
        const listeners = [];
        for await (const page of elb.paginateDescribeListeners({client: reading}, asked, {
          abortSignal,
        })) {
          listeners.push(...(page.Listeners ?? []));
        }
        return listeners.map(({ListenerArn: arn = '', Port: port = 0}) => ({arn, port}));
      }),

    rules: (listener, abortSignal) =>
      ask(async ({elb, reading}) => {
        const rules = [];
        let Marker: string | undefined;
        do {
          const command = new elb.DescribeRulesCommand({
            ListenerArn: listener,
            ...(Marker === undefined ? {} : {Marker}),
          });
          const page = await reading.send(command, {abortSignal});
          rules.push(...(page.Rules ?? []));
          Marker = page.NextMarker;
        } while (Marker !== undefined);
        return rules.map(ruleOf);
      }),

    groupsNamed: async (names, abortSignal) => {
      // One unknown name refuses the whole list.
      const each = await Promise.all(
        names.map((name) => found({Names: [name]}, abortSignal).catch(noneIfUnknown)),
      );
      return each.flat();
    },

    groups: async (arns, abortSignal) =>
      arns.length === 0 ? [] : found({TargetGroupArns: [...arns]}, abortSignal),

    targets: (group, abortSignal) =>
      ask(async ({elb, reading}) => {
        const command = new elb.DescribeTargetHealthCommand({TargetGroupArn: group});
        const {TargetHealthDescriptions = []} = await reading.send(command, {abortSignal});
        return TargetHealthDescriptions.map(({Target: target, TargetHealth: health}) => ({
          id: target?.Id ?? '',
          state: health?.State ?? 'unavailable',
          ...(health?.Description ? {description: health.Description} : {}),
        }));
      }),

    modifyRule: (rule, actions, abortSignal) =>
      ask(async ({elb, writing}) => {
        const command = new elb.ModifyRuleCommand({RuleArn: rule, Actions: actions});
        await writing.send(command, {abortSignal});
      }),

    modifyDefault: (listener, actions, abortSignal) =>
      ask(async ({elb, writing}) => {
        const asked = {ListenerArn: listener, DefaultActions: actions};
        await writing.send(new elb.ModifyListenerCommand(asked), {abortSignal});
      }),

    close: async () => {
      const clients = await opened?.catch(() => undefined);
      clients?.reading.destroy();
      clients?.writing.destroy();
    },
  };
}

type Clients = Awaited<ReturnType<typeof openClients>>;

async function openClients(config: AwsConfig) {
  const elb = await import('@aws-sdk/client-elastic-load-balancing-v2');
  return {
    elb,
    reading: new elb.ElasticLoadBalancingV2Client(readingClient(config)),
    writing: new elb.ElasticLoadBalancingV2Client(writingClient(config)),
  };
}

function noneIfUnknown(error: unknown): readonly Group[] {
  if (error instanceof Error && error.name === 'TargetGroupNotFoundException') {
    return [];
  }
  throw error;
}

function problemOf(config: BalancerName, cause: unknown): SwitcharooError | undefined {
  if (!(cause instanceof Error) || !('$fault' in cause) || cause.$fault !== 'client') {
    return undefined;
  }
  switch (cause.name) {
    case 'LoadBalancerNotFoundException':
      return new SwitcharooError(balancerNotFound(config), {cause});
    case 'ValidationError':
    case 'InvalidLoadBalancerActionException':
    case 'TooManyTargetGroupsException':
    case 'IncompatibleProtocolsException':
      return new SwitcharooError(refused(config, cause.message), {cause});
    default:
      return undefined;
  }
}
