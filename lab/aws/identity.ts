import {AwsError, queryReply, type XmlElements} from './replies.ts';
import type {AwsService} from './service.ts';

/** What one statement of a policy allows; `*` stands for any characters. */
interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

interface Identity {
  /** `GetCallerIdentity`, which everyone may ask. */
  readonly sts: AwsService;
  /** `SimulatePrincipalPolicy` over what is allowed. */
  readonly iam: AwsService;
  /** From now on the account is allowed only this. */
  allow(...allowed: readonly Allowed[]): void;
}

const accountId = '123456789012';
const everything: Allowed = {actions: ['*'], resources: ['*']};

/** Who the lab's only key belongs to, and what IAM says of it. The endpoint itself refuses nobody by it. */
export function createIdentity({
  arn = `arn:aws:sts::${accountId}:assumed-role/switcharoo/night`,
}: {
  readonly arn?: string;
} = {}): Identity {
  let policy: readonly Allowed[] = [everything];
  return {
    allow: (...allowed) => {
      policy = allowed;
    },
    sts: queryService('sts', 'https://sts.amazonaws.com/doc/2011-06-15/', {
      GetCallerIdentity: () => ({Arn: arn, UserId: 'AROALAB:night', Account: accountId}),
    }),
    iam: queryService('iam', 'https://iam.amazonaws.com/doc/2010-05-08/', {
      SimulatePrincipalPolicy: (form) => simulate(policy, form),
    }),
  };
}

type Operations = Readonly<Record<string, (form: URLSearchParams) => XmlElements>>;

const queryService = (
  signingName: string,
  namespace: string,
  operations: Operations,
): AwsService => ({
  signingName,
  handle: async ({body}) => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const operation = operations[action];
    if (!operation) {
      throw new AwsError('InvalidAction', `${action} is not an action of this lab.`);
    }
    return queryReply(action, namespace, operation(form));
  },
});

/** Every action on every resource, a page at a time. */
function simulate(policy: readonly Allowed[], form: URLSearchParams): XmlElements {
  const principal = form.get('PolicySourceArn') ?? '';
  if (!/^arn:aws:iam::\d{12}:(user|role)\/.+/.test(principal)) {
    throw new AwsError(
      'InvalidInput',
      `Invalid Entity Arn: ${principal} does not clearly define entity type and name.`,
    );
  }
  const resources = listIn(form, 'ResourceArns');
  const all = listIn(form, 'ActionNames').flatMap((action) =>
    (resources.length > 0 ? resources : ['*']).map((resource) => ({action, resource})),
  );
  const start = Number(form.get('Marker') ?? '0');
  const end = start + Number(form.get('MaxItems') ?? '100');
  const isTruncated = end < all.length;
  return {
    EvaluationResults: {
      member: all.slice(start, end).map(({action, resource}) => ({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: isAllowed(policy, action, resource) ? 'allowed' : 'implicitDeny',
      })),
    },
    IsTruncated: isTruncated,
    ...(isTruncated ? {Marker: String(end)} : {}),
  };
}

function listIn(form: URLSearchParams, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 1; form.has(`${name}.member.${at}`); at += 1) {
    values.push(form.get(`${name}.member.${at}`) ?? '');
  }
  return values;
}

const isAllowed = (policy: readonly Allowed[], action: string, resource: string): boolean =>
  policy.some(
    ({actions, resources}) =>
      actions.some((pattern) => matches(pattern, action)) &&
      resources.some((pattern) => matches(pattern, resource)),
  );

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 'i').test(text);

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
