import {STATUS_CODES} from 'node:http';
import type {FixedReply} from '../load-balancer/connection.ts';
import type {LoadBalancer} from '../load-balancer.ts';
import {AwsError, type XmlTree} from './replies.ts';

/** Which connections go where: by host, and by weight among target groups. */
export interface RuleOptions {
  /** The lowest decides first. */
  readonly priority: number;
  readonly hosts: readonly string[];
  /** A condition that the lab's load balancer does not evaluate. */
  readonly paths?: readonly string[];
  /** Target group name to weight; a text: the rule answers by itself, with a redirect to it. */
  readonly to: Readonly<Record<string, number>> | string;
}

export interface Rule {
  readonly arn: string;
  readonly priority: number | 'default';
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
  /** As the API has them. */
  actions: readonly Action[];
}

export interface Action {
  readonly Type: string;
  readonly Order?: string;
  readonly TargetGroupArn?: string;
  readonly ForwardConfig?: {
    readonly TargetGroups?: {
      readonly member?: readonly {TargetGroupArn: string; Weight?: string}[];
    };
    readonly TargetGroupStickinessConfig?: {Enabled?: string; DurationSeconds?: string};
  };
  readonly FixedResponseConfig?: {
    readonly StatusCode?: string;
    readonly ContentType?: string;
    readonly MessageBody?: string;
  };
  readonly [field: string]: unknown;
}

/** The rules of one listener, and how they distribute connections. */
export class Rules {
  #rules: Rule[];
  #made = 0;
  readonly #groupArn: (name: string) => string;
  /** By rule and group: how many connections the group is owed. The group that is owed most gets the next. */
  readonly #owed = new Map<string, Map<string, number>>();

  constructor(
    listenerArn: string,
    options: readonly RuleOptions[],
    groupArn: (name: string) => string,
    fallback: string,
  ) {
    this.#groupArn = groupArn;
    const base = listenerArn.replace(':listener/', ':listener-rule/');
    this.#rules = options
      .map(
        ({priority, hosts, paths = [], to}): Rule => ({
          arn: `${base}/${priority.toString(16).padStart(16, '0')}`,
          priority,
          hosts,
          paths,
          actions: [typeof to === 'string' ? redirect(to) : this.#forward(to)],
        }),
      )
      .toSorted((left, right) => Number(left.priority) - Number(right.priority));
    this.#rules.push({
      arn: `${base}/ffffffffffffffff`,
      priority: 'default',
      hosts: [],
      paths: [],
      actions: [this.#forward({[fallback]: 1})],
    });
  }

  /** As CreateRule does: at a priority that no rule has. */
  add(rule: Omit<Rule, 'arn'> & {readonly priority: number}): Rule {
    const {arn: standard} = this.standard;
    this.#made += 1;
    const arn = `${standard.slice(0, standard.lastIndexOf('/'))}/${(0xabc0 + this.#made).toString(16).padStart(16, '0')}`;
    const added = {...rule, arn};
    const after = this.#rules.findIndex(({priority}) => !(Number(priority) < rule.priority));
    this.#rules.splice(after, 0, added);
    return added;
  }

  remove(arn: string): void {
    this.#rules = this.#rules.filter((rule) => rule.arn !== arn);
  }

  get all(): readonly Rule[] {
    return this.#rules;
  }

  get standard(): Rule {
    const rule = this.#rules.at(-1);
    if (!rule) {
      throw new Error('a listener has a default rule');
    }
    return rule;
  }

  /** Sets how the default rule divides connections among target groups, by name or ARN. */
  divide(weights: Readonly<Record<string, number>>): void {
    this.standard.actions = [this.#forward(weights)];
  }

  shareOut(loadBalancer: LoadBalancer): void {
    loadBalancer.routeBy((host) => {
      const rule = this.#rules.find(
        ({hosts, paths, priority}) =>
          paths.length === 0 &&
          (priority === 'default' || hosts.some((pattern) => matches(pattern, host))),
      );
      return rule && (fixedReplyOf(rule.actions) ?? this.#next(rule));
    });
  }

  /** Smooth weighted turns: with weights 9 and 1, nine and one of every ten connections. */
  #next({arn, actions}: Rule): string | undefined {
    const weights = weightsOf(actions);
    const total = weights.reduce((sum, {weight}) => sum + weight, 0);
    const owed = this.#owed.get(arn) ?? new Map<string, number>();
    this.#owed.set(arn, owed);
    for (const {group, weight} of weights) {
      owed.set(group, (owed.get(group) ?? 0) + weight);
    }
    const [first] = weights
      .filter(({weight}) => weight > 0)
      .toSorted((left, right) => (owed.get(right.group) ?? 0) - (owed.get(left.group) ?? 0));
    if (first) {
      owed.set(first.group, (owed.get(first.group) ?? 0) - total);
    }
    return first?.group;
  }

  #forward(weights: Readonly<Record<string, number>>): Action {
    const member = Object.entries(weights).map(([name, weight]) => ({
      TargetGroupArn: this.#groupArn(name),
      Weight: String(weight),
    }));
    return {Type: 'forward', Order: '1', ForwardConfig: {TargetGroups: {member}}};
  }
}

/** What a rule answers by itself. */
function fixedReplyOf([action]: readonly Action[]): FixedReply | undefined {
  if (action?.Type !== 'fixed-response') {
    return undefined;
  }
  const {
    StatusCode = '',
    ContentType = 'text/plain',
    MessageBody = '',
  } = action.FixedResponseConfig ?? {};
  const status = `${StatusCode} ${STATUS_CODES[StatusCode] ?? ''}`.trim();
  return {status, contentType: ContentType, body: MessageBody};
}

const redirect = (host: string): Action => ({
  Type: 'redirect',
  Order: '1',
  RedirectConfig: {
    Host: host,
    StatusCode: 'HTTP_301',
    Protocol: 'HTTPS',
    Port: '443',
    Path: '/#{path}',
    Query: '#{query}',
  },
});

export function weightsOf(actions: readonly Action[]): readonly {group: string; weight: number}[] {
  const forward = actions.find(({Type}) => Type === 'forward');
  const member = forward?.ForwardConfig?.TargetGroups?.member;
  return member
    ? member.map(({TargetGroupArn, Weight = '1'}) => ({
        group: TargetGroupArn,
        weight: Number(Weight),
      }))
    : forward?.TargetGroupArn
      ? [{group: forward.TargetGroupArn, weight: 1}]
      : [];
}

/** What ModifyRule and ModifyListener refuse. */
export function refuseActions(actions: readonly Action[], isKnown: (arn: string) => boolean): void {
  const weights = weightsOf(actions);
  const stranger = weights.find(({group}) => !isKnown(group));
  if (stranger) {
    throw new AwsError('TargetGroupNotFound', `Target groups '${stranger.group}' not found`);
  }
  if (
    actions.length === 0 ||
    weights.length > 5 ||
    weights.some(({weight}) => !(weight >= 0 && weight <= 999))
  ) {
    throw new AwsError(
      'ValidationError',
      'The actions or the weights of a forward action are not valid',
    );
  }
}

/** As the API shows actions: a single group is also shown by itself. */
export function actionsShape(actions: readonly Action[]): XmlTree {
  return {
    member: actions.map((action) => {
      const weights = weightsOf(action.Type === 'forward' ? [action] : []);
      const [only] = weights;
      const sticky = action.ForwardConfig?.TargetGroupStickinessConfig ?? {Enabled: 'false'};
      return action.Type === 'forward'
        ? {
            Type: 'forward',
            Order: action.Order ?? '1',
            TargetGroupArn: weights.length === 1 ? only?.group : undefined,
            ForwardConfig: {
              TargetGroups: {
                member: weights.map(({group, weight}) => ({TargetGroupArn: group, Weight: weight})),
              },
              TargetGroupStickinessConfig: sticky as XmlTree,
            },
          }
        : (action as unknown as XmlTree); // texts all the way down
    }),
  } as XmlTree;
}

export const ruleShape = ({arn, priority, hosts, paths, actions}: Rule): XmlTree => ({
  RuleArn: arn,
  Priority: String(priority),
  IsDefault: priority === 'default',
  Conditions: {
    member: [
      ...(hosts.length > 0
        ? [{Field: 'host-header', HostHeaderConfig: {Values: {member: [...hosts]}}}]
        : []),
      ...(paths.length > 0
        ? [{Field: 'path-pattern', PathPatternConfig: {Values: {member: [...paths]}}}]
        : []),
    ],
  },
  Actions: actionsShape(actions),
});

/** `*` and `?` as in the rules of an Application Load Balancer. */
function matches(pattern: string, host: string): boolean {
  const source = [...pattern.toLowerCase()]
    .map((sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : sign.replace(/\W/, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`).test(host);
}
