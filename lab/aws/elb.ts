import type {BalancedTarget, LoadBalancer} from '../load-balancer.ts';
import {type Arns, arnsOf, groupArnOf} from './elb-arns.ts';
import {type NewRule, newRule, refuseFixedResponse} from './elb-new-rule.ts';
import {
  type Action,
  actionsShape,
  type RuleOptions,
  Rules,
  refuseActions,
  ruleShape,
  weightsOf,
} from './elb-rules.ts';
import {members, treeIn} from './query-form.ts';
import {AwsError, queryReply, type XmlTree} from './replies.ts';
import type {AwsRequest, AwsService} from './service.ts';

const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

interface ElbOptions {
  readonly loadBalancer: LoadBalancer;
  /** Of the load balancer and of its one target group. */
  readonly name: string;
  /** Under which name clients look it up. */
  readonly dnsName?: string;
  /** Of its HTTPS listener, which has the same rules. */
  readonly tlsPort?: number;
  readonly healthPath?: string;
  /** Further target groups, by name. */
  readonly targetGroups?: readonly string[];
  /** Before the default rule, which forwards to the target group that bears the load balancer's name. */
  readonly rules?: readonly RuleOptions[];
  readonly region?: string;
  readonly accountId?: string;
}

interface Elb extends AwsService {
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly rules: Rules;
}

/** Elastic Load Balancing v2 on the lab's load balancer: all reads, and changes of rules. */
export function createElb(options: ElbOptions): Elb {
  const arns = arnsOf(options);
  const groups = new Map(
    [options.name, ...(options.targetGroups ?? [])].map((name) => [
      name,
      groupArnOf(options, name),
    ]),
  );
  const rules = new Rules(
    arns.listener,
    options.rules ?? [],
    (name) => groups.get(name) ?? name,
    options.name,
  );
  if (groups.size > 1) {
    rules.shareOut(options.loadBalancer);
  }
  const balancer = {...options, arns, groups, rules};
  return {
    rules,
    signingName: 'elasticloadbalancing',
    loadBalancerArn: arns.loadBalancer,
    targetGroupArn: arns.targetGroup,
    handle: async (request) => answer(request, balancer),
  };
}

function answer(request: AwsRequest, balancer: Balancer) {
  const form = new URLSearchParams(request.body);
  const action = form.get('Action') ?? '';
  const operation = operations[action];
  if (!operation) {
    throw new AwsError('InvalidAction', `${action} is not an action of this lab.`);
  }
  return queryReply(action, namespace, operation(form, balancer));
}

interface Balancer extends Omit<ElbOptions, 'rules'> {
  readonly arns: Arns;
  /** Name to ARN. */
  readonly groups: ReadonlyMap<string, string>;
  readonly rules: Rules;
}

type Operation = (form: URLSearchParams, balancer: Balancer) => XmlTree;

const operations: Readonly<Record<string, Operation>> = {
  DescribeLoadBalancers: (form, balancer) => {
    mustKnow(form, 'LoadBalancerArns', [balancer.arns.loadBalancer], loadBalancerNotFound);
    mustKnow(form, 'Names', [balancer.name], loadBalancerNotFound);
    return {LoadBalancers: {member: loadBalancerOf(balancer)}};
  },

  DescribeListeners: (form, balancer) => {
    const {arns} = balancer;
    mustKnow(form, 'ListenerArns', [arns.listener, arns.tlsListener], listenerNotFound);
    const asked = form.get('LoadBalancerArn');
    if (asked !== null && asked !== arns.loadBalancer) {
      throw loadBalancerNotFound(asked);
    }
    const named = members(form, 'ListenerArns');
    const shown = listenersOf(balancer).filter(
      ({ListenerArn}) => named.length === 0 || named.includes(ListenerArn),
    );
    return {Listeners: {member: shown}};
  },

  DescribeRules: (form, {arns: known, rules}) => {
    const listener = form.get('ListenerArn');
    const arns = members(form, 'RuleArns');
    if (listener !== null && ![known.listener, known.tlsListener].includes(listener)) {
      throw listenerNotFound();
    }
    const unknown = arns.find((arn) => !rules.all.some((rule) => rule.arn === arn));
    if (unknown !== undefined) {
      throw ruleNotFound();
    }
    const shown = rules.all.filter(({arn}) => arns.length === 0 || arns.includes(arn));
    return {Rules: {member: shown.map(ruleShape)}};
  },

  ModifyRule: (form, {rules, groups}) => {
    const rule = rules.all.find(({arn}) => arn === form.get('RuleArn'));
    if (!rule) {
      throw ruleNotFound();
    }
    if (rule.priority === 'default') {
      throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be modified`);
    }
    rule.actions = actionsIn(form, 'Actions', groups);
    return {Rules: {member: ruleShape(rule)}};
  },

  CreateRule: (form, {arns, rules, groups, loadBalancer}) => {
    if (![arns.listener, arns.tlsListener].includes(form.get('ListenerArn') ?? '')) {
      throw listenerNotFound();
    }
    const rule = newRule(rules, treeIn(form) as NewRule);
    const added = rules.add({...rule, actions: actionsIn(form, 'Actions', groups)});
    rules.shareOut(loadBalancer);
    return {Rules: {member: ruleShape(added)}};
  },

  DeleteRule: (form, {rules}) => {
    const rule = rules.all.find(({arn}) => arn === form.get('RuleArn'));
    if (!rule) {
      throw ruleNotFound();
    }
    if (rule.priority === 'default') {
      throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be deleted`);
    }
    rules.remove(rule.arn);
    return {};
  },

  ModifyListener: (form, balancer) => {
    const {listener, tlsListener} = balancer.arns;
    if (![listener, tlsListener].includes(form.get('ListenerArn') ?? '')) {
      throw listenerNotFound();
    }
    if (form.has('DefaultActions.member.1.Type')) {
      balancer.rules.standard.actions = actionsIn(form, 'DefaultActions', balancer.groups);
    }
    return {Listeners: {member: listenersOf(balancer)}};
  },

  DescribeTargetGroups: (form, {groups, loadBalancer, healthPath = '/health', arns, rules}) => {
    mustKnow(form, 'TargetGroupArns', [...groups.values()], targetGroupNotFound);
    mustKnow(form, 'Names', [...groups.keys()], targetGroupNotFound);
    const named = [...members(form, 'Names'), ...members(form, 'TargetGroupArns')];
    const shown = [...groups].filter(
      ([name, arn]) => named.length === 0 || named.includes(name) || named.includes(arn),
    );
    return {
      TargetGroups: {
        member: shown.map(([name, arn]) => ({
          TargetGroupArn: arn,
          TargetGroupName: name,
          Protocol: 'HTTP',
          Port: loadBalancer.port,
          TargetType: 'ip',
          HealthCheckEnabled: true,
          HealthCheckPath: healthPath,
          HealthCheckProtocol: 'HTTP',
          LoadBalancerArns: {member: isUsed(rules, arn) ? arns.loadBalancer : []},
        })),
      },
    };
  },

  DescribeTargetHealth: (form, {loadBalancer, arns, groups, rules}) => {
    const group = form.get('TargetGroupArn') ?? '';
    if (![...groups.values()].includes(group)) {
      throw targetGroupNotFound(group);
    }
    const registered = loadBalancer
      .targets()
      .filter((target) => (target.group ?? arns.targetGroup) === group)
      .map((target) => (isUsed(rules, group) ? target : notInUse(target)));
    const asked = members(form, 'Targets', '.Id');
    const shown =
      asked.length === 0
        ? registered
        : asked.map((id) => registered.find((target) => target.id === id) ?? notRegistered(id));
    return {TargetHealthDescriptions: {member: shown.map(healthOf)}};
  },
};

const isUsed = ({all}: Rules, arn: string): boolean =>
  all.some(({actions}) => weightsOf(actions).some(({group}) => group === arn));

function actionsIn(
  form: URLSearchParams,
  list: string,
  groups: ReadonlyMap<string, string>,
): readonly Action[] {
  // A client of the SDK sends the modelled shape.
  const {member = []} = (treeIn(form)[list] ?? {}) as {member?: readonly Action[]};
  refuseFixedResponse(member);
  refuseActions(member, (arn) => [...groups.values()].includes(arn));
  return member;
}

function listenersOf({arns, loadBalancer, rules, tlsPort}: Balancer) {
  const common = {
    LoadBalancerArn: arns.loadBalancer,
    DefaultActions: actionsShape(rules.standard.actions),
  };
  const plain = {ListenerArn: arns.listener, Port: loadBalancer.port, Protocol: 'HTTP', ...common};
  return tlsPort === undefined
    ? [plain]
    : [plain, {ListenerArn: arns.tlsListener, Port: tlsPort, Protocol: 'HTTPS', ...common}];
}

function loadBalancerOf({name, dnsName, loadBalancer, region, arns}: Balancer): XmlTree {
  return {
    LoadBalancerArn: arns.loadBalancer,
    LoadBalancerName: name,
    DNSName: dnsName ?? `${name}-1234567890.${region ?? 'us-east-1'}.elb.amazonaws.com`,
    CanonicalHostedZoneId: 'Z35SXDOTRQ7X7K',
    Scheme: 'internet-facing',
    Type: 'application',
    IpAddressType: 'ipv4',
    State: {Code: 'active'},
    AvailabilityZones: {
      member: {
        ZoneName: `${region ?? 'us-east-1'}a`,
        LoadBalancerAddresses: {member: {IpAddress: loadBalancer.address}},
      },
    },
  };
}

type Shown = Omit<BalancedTarget, 'state' | 'port'> & {
  readonly state: BalancedTarget['state'] | 'unused';
  readonly port?: number;
};

const healthOf = ({id, port, state, reason, description}: Shown): XmlTree => ({
  Target: {Id: id, Port: port},
  HealthCheckPort: port,
  TargetHealth: {State: state, Reason: reason, Description: description},
});

/** No rule forwards to its group: its health is not checked. */
const notInUse = (target: BalancedTarget): Shown => ({
  ...target,
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
});

const notRegistered = (id: string): Shown => ({
  id,
  address: id,
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
});

function mustKnow(
  form: URLSearchParams,
  list: string,
  known: readonly string[],
  refused: (name: string) => AwsError,
): void {
  const unknown = members(form, list).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw refused(unknown);
  }
}

const loadBalancerNotFound = (name: string) =>
  new AwsError('LoadBalancerNotFound', `Load balancers '[${name}]' not found`);
const listenerNotFound = () => new AwsError('ListenerNotFound', 'One or more listeners not found');
const ruleNotFound = () => new AwsError('RuleNotFound', 'One or more rules not found');
const targetGroupNotFound = (name: string) =>
  new AwsError('TargetGroupNotFound', `Target groups '${name}' not found`);
