import type {Action, ElasticLoadBalancingV2Client} from '@aws-sdk/client-elastic-load-balancing-v2';
import {SwitcharooError} from '../../../src/index.ts';
import {type AwsClients, type AwsConfig, awsClients, everyItem} from '../../aws/index.ts';
import type {BalancerName} from '../contract.ts';
import type {BalancerCalls, BalancerState, Listener, Target, TargetGroup} from './calls.ts';
import {balancerName, balancerNotFound, requestRefused} from './problems.ts';
import {type FixedAnswer, fixedAction, type Rule, ruleOf} from './rules.ts';

type Balancing = AwsClients<
  typeof import('@aws-sdk/client-elastic-load-balancing-v2'),
  ElasticLoadBalancingV2Client
>;

/** The calls to Elastic Load Balancing through the AWS SDK. */
export class AwsBalancerCalls implements BalancerCalls {
  readonly #config: AwsConfig & BalancerName;
  readonly #clients;

  constructor(config: AwsConfig & BalancerName) {
    this.#config = config;
    this.#clients = awsClients(
      config,
      () => import('@aws-sdk/client-elastic-load-balancing-v2'),
      (sdk, settings) => new sdk.ElasticLoadBalancingV2Client(settings),
    );
  }

  describe(abortSignal: AbortSignal): Promise<BalancerState> {
    return this.#ask(async ({sdk, reading}) => {
      const {loadBalancer} = this.#config;
      const filter = loadBalancer.startsWith('arn:')
        ? {LoadBalancerArns: [loadBalancer]}
        : {Names: [loadBalancer]};
      const pages = sdk.paginateDescribeLoadBalancers({client: reading}, filter, {abortSignal});
      const [balancer] = await everyItem(pages, ({LoadBalancers}) => LoadBalancers);
      if (!balancer) {
        throw new SwitcharooError(balancerNotFound(this.#config));
      }
      return {
        arn: balancer.LoadBalancerArn ?? '',
        state: balancer.State?.Code ?? 'active',
        dnsName: balancer.DNSName ?? '',
        zoneId: balancer.CanonicalHostedZoneId ?? '',
        addressType: balancer.IpAddressType ?? 'ipv4',
        scheme: balancer.Scheme ?? 'internet-facing',
      };
    });
  }

  listeners(balancer: string, abortSignal: AbortSignal): Promise<readonly Listener[]> {
    return this.#ask(async ({sdk, reading: client}) => {
      const filter = {LoadBalancerArn: balancer};
      const pages = sdk.paginateDescribeListeners({client}, filter, {abortSignal});
      const listeners = await everyItem(pages, ({Listeners}) => Listeners);
      return listeners.map(({ListenerArn: arn = '', Port: port = 0}) => ({arn, port}));
    });
  }

  rules(listener: string, abortSignal: AbortSignal): Promise<readonly Rule[]> {
    return this.#ask(async ({sdk, reading}) => {
      const pages = sdk.paginateDescribeRules(
        {client: reading},
        {ListenerArn: listener},
        {abortSignal},
      );
      return (await everyItem(pages, ({Rules}) => Rules)).map(ruleOf);
    });
  }

  async groupsNamed(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly TargetGroup[]> {
    // AWS refuses a whole list for one unknown name.
    const groups = await Promise.all(
      names.map((name) => this.#groups({Names: [name]}, signal).catch(noneIfUnknown)),
    );
    return groups.flat();
  }

  async groups(arns: readonly string[], signal: AbortSignal): Promise<readonly TargetGroup[]> {
    return arns.length === 0 ? [] : this.#groups({TargetGroupArns: [...arns]}, signal);
  }

  targets(group: string, abortSignal: AbortSignal): Promise<readonly Target[]> {
    return this.#ask(async ({sdk, reading}) => {
      const command = new sdk.DescribeTargetHealthCommand({TargetGroupArn: group});
      const {TargetHealthDescriptions = []} = await reading.send(command, {abortSignal});
      return TargetHealthDescriptions.map(({Target: target, TargetHealth: health}) => ({
        id: target?.Id ?? '',
        state: health?.State ?? 'unavailable',
        ...(health?.Description ? {description: health.Description} : {}),
      }));
    });
  }

  modifyRule(rule: string, actions: Action[], abortSignal: AbortSignal): Promise<void> {
    return this.#ask(async ({sdk, writing}) => {
      const command = new sdk.ModifyRuleCommand({RuleArn: rule, Actions: actions});
      await writing.send(command, {abortSignal});
    });
  }

  modifyDefault(listener: string, actions: Action[], abortSignal: AbortSignal): Promise<void> {
    return this.#ask(async ({sdk, writing}) => {
      const change = {ListenerArn: listener, DefaultActions: actions};
      await writing.send(new sdk.ModifyListenerCommand(change), {abortSignal});
    });
  }

  createRule(
    listener: string,
    {answer, priority}: {readonly answer: FixedAnswer; readonly priority: number},
    abortSignal: AbortSignal,
  ): Promise<void> {
    return this.#ask(async ({sdk, writing}) => {
      const hosts = {Field: 'host-header', HostHeaderConfig: {Values: [...answer.hosts]}};
      const command = new sdk.CreateRuleCommand({
        ListenerArn: listener,
        Priority: priority,
        Conditions: [hosts],
        Actions: [fixedAction(answer)],
      });
      await writing.send(command, {abortSignal});
    });
  }

  deleteRule(rule: string, abortSignal: AbortSignal): Promise<void> {
    return this.#ask(async ({sdk, writing}) => {
      try {
        await writing.send(new sdk.DeleteRuleCommand({RuleArn: rule}), {abortSignal});
      } catch (error) {
        if (!(error instanceof Error && error.name === 'RuleNotFoundException')) {
          throw error;
        }
      }
    });
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  #groups(
    filter: {readonly Names: string[]} | {readonly TargetGroupArns: string[]},
    abortSignal: AbortSignal,
  ): Promise<readonly TargetGroup[]> {
    return this.#ask(async ({sdk, reading}) => {
      const pages = sdk.paginateDescribeTargetGroups({client: reading}, filter, {abortSignal});
      const groups = await everyItem(pages, ({TargetGroups}) => TargetGroups);
      return groups.map(({TargetGroupArn: arn = '', TargetGroupName: name = ''}) => ({
        arn,
        name,
      }));
    });
  }

  #ask<Result>(call: (clients: Balancing) => Promise<Result>): Promise<Result> {
    return this.#clients.ask(balancerName(this.#config), async (clients) => {
      try {
        return await call(clients);
      } catch (cause) {
        throw problemOf(this.#config, cause) ?? cause;
      }
    });
  }
}

function noneIfUnknown(error: unknown): readonly TargetGroup[] {
  if (error instanceof Error && error.name === 'TargetGroupNotFoundException') {
    return [];
  }
  throw error;
}

function problemOf(balancer: BalancerName, cause: unknown): SwitcharooError | undefined {
  if (!(cause instanceof Error) || !('$fault' in cause) || cause.$fault !== 'client') {
    return undefined;
  }
  switch (cause.name) {
    case 'LoadBalancerNotFoundException':
      return new SwitcharooError(balancerNotFound(balancer), {cause});
    case 'PriorityInUseException':
    case 'TooManyRulesException':
    case 'ValidationError':
    case 'InvalidLoadBalancerActionException':
    case 'TooManyTargetGroupsException':
    case 'IncompatibleProtocolsException':
      return new SwitcharooError(requestRefused(balancer, cause.message), {cause});
    default:
      return undefined;
  }
}
