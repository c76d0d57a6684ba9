import type {BalancedTarget, LoadBalancer} from '../load-balancer.ts';
import type {AwsRequest, AwsService} from './endpoint.ts';
import {AwsError, queryReply, type XmlTree} from './replies.ts';

const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

export interface ElbOptions {
  readonly loadBalancer: LoadBalancer;
  /** Of the load balancer and of its one target group. */
  readonly name: string;
  /** Under which name clients look it up. */
  readonly dnsName?: string;
  readonly healthPath?: string;
  readonly region?: string;
  readonly accountId?: string;
}

export interface Elb extends AwsService {
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
}

interface Arns {
  readonly loadBalancer: string;
  readonly listener: string;
  readonly targetGroup: string;
}

/** The reading half of Elastic Load Balancing v2, over what the lab's load balancer really does. */
export function createElb(options: ElbOptions): Elb {
  const arns = arnsOf(options);
  return {
    signingName: 'elasticloadbalancing',
    loadBalancerArn: arns.loadBalancer,
    targetGroupArn: arns.targetGroup,
    handle: async (request) => answer(request, options, arns),
  };
}

/** The target group's ARN is known from the names alone: services are made before the load balancer's API. */
export function arnsOf({
  name,
  region = 'us-east-1',
  accountId = '123456789012',
}: Pick<ElbOptions, 'name' | 'region' | 'accountId'>): Arns {
  const prefix = `arn:aws:elasticloadbalancing:${region}:${accountId}`;
  return {
    loadBalancer: `${prefix}:loadbalancer/app/${name}/50dc6c495c0c9188`,
    listener: `${prefix}:listener/app/${name}/50dc6c495c0c9188/f2f7dc8efc522ab2`,
    targetGroup: `${prefix}:targetgroup/${name}/73e2d6bc24d8a067`,
  };
}

function answer(request: AwsRequest, options: ElbOptions, arns: Arns) {
  const form = new URLSearchParams(request.body);
  const action = form.get('Action') ?? '';
  const operation = operations[action];
  if (!operation) {
    throw new AwsError('InvalidAction', `${action} is not an action of this lab.`);
  }
  return queryReply(action, namespace, operation(form, options, arns));
}

type Operation = (form: URLSearchParams, options: ElbOptions, arns: Arns) => XmlTree;

const operations: Readonly<Record<string, Operation>> = {
  DescribeLoadBalancers: (form, options, arns) => {
    mustKnow(form, 'LoadBalancerArns', arns.loadBalancer, loadBalancerNotFound);
    mustKnow(form, 'Names', options.name, loadBalancerNotFound);
    return {LoadBalancers: {member: loadBalancerOf(options, arns)}};
  },

  DescribeListeners: (form, {loadBalancer}, arns) => {
    mustKnow(form, 'ListenerArns', arns.listener, listenerNotFound);
    const asked = form.get('LoadBalancerArn');
    if (asked !== null && asked !== arns.loadBalancer) {
      throw loadBalancerNotFound(asked);
    }
    const forward = {Type: 'forward', TargetGroupArn: arns.targetGroup};
    return {
      Listeners: {
        member: {
          ListenerArn: arns.listener,
          LoadBalancerArn: arns.loadBalancer,
          Port: loadBalancer.port,
          Protocol: 'HTTP',
          DefaultActions: {member: forward},
        },
      },
    };
  },

  DescribeTargetGroups: (form, options, arns) => {
    mustKnow(form, 'TargetGroupArns', arns.targetGroup, targetGroupNotFound);
    mustKnow(form, 'Names', options.name, targetGroupNotFound);
    return {
      TargetGroups: {
        member: {
          TargetGroupArn: arns.targetGroup,
          TargetGroupName: options.name,
          Protocol: 'HTTP',
          Port: options.loadBalancer.port,
          TargetType: 'ip',
          HealthCheckEnabled: true,
          HealthCheckPath: options.healthPath ?? '/health',
          HealthCheckProtocol: 'HTTP',
          LoadBalancerArns: {member: arns.loadBalancer},
        },
      },
    };
  },

  DescribeTargetHealth: (form, {loadBalancer}, arns) => {
    const group = form.get('TargetGroupArn') ?? '';
    if (group !== arns.targetGroup) {
      throw targetGroupNotFound(group);
    }
    const registered = loadBalancer.targets();
    const asked = members(form, 'Targets', '.Id');
    const shown =
      asked.length === 0
        ? registered
        : asked.map((id) => registered.find((one) => one.id === id) ?? notRegistered(id));
    return {TargetHealthDescriptions: {member: shown.map(healthOf)}};
  },
};

function loadBalancerOf({name, dnsName, loadBalancer, region}: ElbOptions, arns: Arns): XmlTree {
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
  known: string,
  refused: (name: string) => AwsError,
): void {
  const unknown = members(form, list).find((name) => name !== known);
  if (unknown !== undefined) {
    throw refused(unknown);
  }
}

const loadBalancerNotFound = (name: string) =>
  new AwsError('LoadBalancerNotFound', `Load balancers '[${name}]' not found`);
const listenerNotFound = () => new AwsError('ListenerNotFound', 'One or more listeners not found');
const targetGroupNotFound = (name: string) =>
  new AwsError('TargetGroupNotFound', `Target groups '${name}' not found`);

/** `Names.member.1`, `Names.member.2`, …: a list of the query protocol. */
function members(form: URLSearchParams, list: string, field = ''): readonly string[] {
  const found: string[] = [];
  for (let number = 1; ; number += 1) {
    const value = form.get(`${list}.member.${number}${field}`);
    if (value === null) {
      return found;
    }
    found.push(value);
  }
}
