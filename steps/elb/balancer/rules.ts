import type {Action, Rule as SdkRule} from '@aws-sdk/client-elastic-load-balancing-v2';

/** A rule of a listener: which requests it takes, and what it does with them. */
export interface Rule {
  readonly arn: string;
  /** The lowest decides first; the default rule comes last. */
  readonly priority: number;
  readonly isDefault: boolean;
  /** Patterns with `*` and `?`; none: every host. */
  readonly hosts: readonly string[];
  /** Fields of its other conditions: paths, headers, methods, source addresses, and hosts by regular expression. */
  readonly conditions: readonly string[];
  readonly actions: readonly Action[];
}

/** A weighted share of what a rule forwards. */
interface Share {
  readonly group: string;
  readonly weight: number;
}

export interface Forward {
  readonly shares: readonly Share[];
  /** For how long a client stays with its target group; `null`: it does not. */
  readonly stickySeconds: number | null;
}

export function ruleOf(rule: SdkRule): Rule {
  const conditions = rule.Conditions ?? [];
  const hosts = conditions.filter(({Field}) => Field === 'host-header');
  return {
    arn: rule.RuleArn ?? '',
    priority: rule.IsDefault ? Number.POSITIVE_INFINITY : Number(rule.Priority),
    isDefault: rule.IsDefault ?? false,
    // Older rules have the values in the condition itself.
    hosts: hosts.flatMap(({HostHeaderConfig, Values}) => HostHeaderConfig?.Values ?? Values ?? []),
    conditions: conditions.flatMap(({Field = '', HostHeaderConfig}) =>
      Field === 'host-header' && !HostHeaderConfig?.RegexValues ? [] : [Field],
    ),
    actions: rule.Actions ?? [],
  };
}

/** The rules that may answer a request for a host, in their order: up to the first without other conditions. */
export function rulesFor(rules: readonly Rule[], host: string | undefined): readonly Rule[] {
  const possible = rules
    .toSorted((left, right) => left.priority - right.priority)
    .filter(({hosts}) => hosts.length === 0 || (host !== undefined && hosts.some(matching(host))));
  const last = possible.findIndex(({conditions}) => conditions.length === 0);
  return last === -1 ? possible : possible.slice(0, last + 1);
}

/** Whether a rule may take requests for a name, which may have `*` and `?` as well. */
export const mayTake = ({hosts}: Rule, name: string): boolean =>
  hosts.length === 0 || hosts.some((pattern) => matching(name)(pattern) || matching(pattern)(name));

/** What a rule answers by itself to requests for hosts. Such an answer has no headers of its own. */
export interface FixedAnswer {
  readonly hosts: readonly string[];
  readonly status: string;
  readonly contentType: string;
  readonly body: string;
}

export const fixedAction = ({status, contentType, body}: FixedAnswer): Action => ({
  Type: 'fixed-response',
  FixedResponseConfig: {StatusCode: status, ContentType: contentType, MessageBody: body},
});

/** Whether a rule gives exactly this answer, to these hosts and whatever else they ask. */
export function isAnswer({hosts, conditions, actions}: Rule, answer: FixedAnswer): boolean {
  const [action, ...others] = actions;
  const {StatusCode, ContentType, MessageBody} = action?.FixedResponseConfig ?? {};
  const named = (names: readonly string[]) =>
    names
      .map((name) => name.toLowerCase())
      .sort()
      .join();
  return (
    others.length === 0 &&
    conditions.length === 0 &&
    named(hosts) === named(answer.hosts) &&
    StatusCode === answer.status &&
    ContentType === answer.contentType &&
    MessageBody === answer.body
  );
}

/** Where a rule forwards to; nothing when it answers by itself. */
export function forwardOf({actions}: Pick<Rule, 'actions'>): Forward | undefined {
  const action = actions.find(({Type}) => Type === 'forward');
  if (!action) {
    return undefined;
  }
  const {TargetGroups: groups, TargetGroupStickinessConfig: sticky} = action.ForwardConfig ?? {};
  const shares = groups?.map(({TargetGroupArn: group = '', Weight: weight = 1}) => ({
    group,
    weight,
  }));
  const single = action.TargetGroupArn ? [{group: action.TargetGroupArn, weight: 1}] : [];
  return {
    shares: shares ?? single,
    stickySeconds: sticky?.Enabled ? (sticky.DurationSeconds ?? null) : null,
  };
}

/** The same actions with another forward: authentication before it stays. */
export function forwardingTo(
  actions: readonly Action[],
  {shares, stickySeconds}: Forward,
): Action[] {
  return actions.map((action) => {
    if (action.Type === 'authenticate-oidc' && action.AuthenticateOidcConfig) {
      // AWS does not show the secret, and keeps it only when asked to.
      const kept = {...action.AuthenticateOidcConfig, UseExistingClientSecret: true};
      return {...action, AuthenticateOidcConfig: kept};
    }
    if (action.Type !== 'forward') {
      return action;
    }
    return {
      Type: action.Type,
      ...(action.Order === undefined ? {} : {Order: action.Order}),
      ForwardConfig: {
        TargetGroups: shares.map(({group, weight}) => ({TargetGroupArn: group, Weight: weight})),
        TargetGroupStickinessConfig:
          stickySeconds === null
            ? {Enabled: false}
            : {Enabled: true, DurationSeconds: stickySeconds},
      },
    };
  });
}

/** What a rule does instead of forwarding: `redirect`, `fixed-response`. */
export const answerOf = ({actions}: Rule): string => actions.at(-1)?.Type ?? 'nothing';

/** `the fixed response 404`, `a redirect to www.example.com`. */
export function answerText(rule: Rule): string {
  const {FixedResponseConfig: fixed, RedirectConfig: redirect} = rule.actions.at(-1) ?? {};
  return fixed
    ? `the fixed response ${fixed.StatusCode}`
    : redirect
      ? `a redirect to ${redirect.Host?.replace('#{host}', 'the same host') ?? 'the same host'}`
      : answerOf(rule);
}

/** The order of the shares makes no difference to a request. */
export const isSame = (left: Forward | undefined, right: Forward): boolean =>
  JSON.stringify(left && inOrder(left)) === JSON.stringify(inOrder(right));

const inOrder = ({shares, stickySeconds}: Forward) => ({
  shares: shares
    .map(({group, weight}) => ({group, weight}))
    .toSorted((left, right) => (left.group < right.group ? -1 : 1)),
  stickySeconds,
});

const matching = (host: string) => (pattern: string) => {
  const source = [...pattern.toLowerCase()]
    .map((sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : sign.replace(/[^\w]/, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`).test(host.toLowerCase());
};
