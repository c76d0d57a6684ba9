import {arnIn, regionOf} from './partition.ts';
import {type Asked, decide, missingKeys, type PolicyDocument} from './policy.ts';
import {AwsError, queryReply, type XmlElements} from './replies.ts';
import type {AwsRequest, AwsService} from './service.ts';
import {createSessions, type Sessions} from './sessions.ts';
import {claimOf} from './signature.ts';

/** What one statement of a policy allows; `*` stands for any characters. */
interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** A role that the lab's key may assume. */
interface Role {
  readonly arn: string;
  readonly externalId?: string;
  /** The device, and the one code that it shows. */
  readonly mfa?: {readonly serial: string; readonly code: string};
}

interface Identity {
  /** `GetCallerIdentity`, which everyone may ask, and `AssumeRole`. */
  readonly sts: AwsService;
  /** The sessions of the assumed roles. */
  readonly sessions: Sessions;
  /** `SimulatePrincipalPolicy` over what is allowed. */
  readonly iam: AwsService;
  /** From now on the account is allowed only this. */
  allow(...allowed: readonly Allowed[]): void;
  /** From now on the account has these policies, and no others. */
  attach(...policies: readonly PolicyDocument[]): void;
  /** Whether the policies allow it: for a service of the lab that is to refuse what IAM does. */
  allows(asked: Asked): boolean;
  /** The condition keys that say who sent a request (User Guide, "AWS global condition context keys"). */
  principalOf(headers: AwsRequest['headers']): Asked['context'];
}

const accountId = '123456789012';
const everything: Allowed = {actions: ['*'], resources: ['*']};

/** Who the lab's only key belongs to, and what IAM says of it. The endpoint itself refuses nobody by it. */
export function createIdentity({
  arn: own,
  roles = [],
}: {
  /** Without it, a session in the partition of the region that is asked. */
  readonly arn?: string;
  readonly roles?: readonly Role[];
} = {}): Identity {
  let policies = [policyOf([everything])];
  const sessions = createSessions();
  const callerOf = (headers: AwsRequest['headers']): string => {
    const {accessKeyId = ''} = claimOf(headers) ?? {};
    const arn = own ?? `${partitionIn(headers)}:sts::${accountId}:assumed-role/switcharoo/night`;
    return sessions.find(accessKeyId)?.arn ?? arn;
  };
  return {
    sessions,
    principalOf: (headers) => {
      const caller = callerOf(headers);
      return {'aws:PrincipalArn': principalArnOf(caller, roles), 'aws:userid': userIdOf(caller)};
    },
    allow: (...allowed) => {
      policies = [policyOf(allowed)];
    },
    attach: (...attached) => {
      policies = [...attached];
    },
    allows: (asked) => decide(policies, asked) === 'allowed',
    sts: queryService('sts', 'https://sts.amazonaws.com/doc/2011-06-15/', {
      GetCallerIdentity: (_form, headers) => {
        const caller = callerOf(headers);
        return {Arn: caller, UserId: userIdOf(caller), Account: accountId};
      },
      AssumeRole: (form, headers) => assumeRole(form, {roles, sessions, headers}),
    }),
    iam: queryService('iam', 'https://iam.amazonaws.com/doc/2010-05-08/', {
      SimulatePrincipalPolicy: (form) => simulate(policies, form),
      GetRole: (form, headers) => roleReply(form.get('RoleName') ?? '', {roles, headers}),
    }),
  };
}

const policyOf = (allowed: readonly Allowed[]): PolicyDocument => ({
  Statement: allowed.map(({actions, resources}) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
  })),
});

type Operations = Readonly<
  Record<string, (form: URLSearchParams, headers: AwsRequest['headers']) => XmlElements>
>;

const queryService = (
  signingName: string,
  namespace: string,
  operations: Operations,
): AwsService => ({
  signingName,
  handle: async ({body, headers}) => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const operation = operations[action];
    if (!operation) {
      throw new AwsError('InvalidAction', `${action} is not an action of this lab.`);
    }
    return queryReply(action, namespace, operation(form, headers));
  },
});

const partitionIn = (headers: AwsRequest['headers']): string => arnIn(regionOf(headers));

interface Assuming {
  readonly roles: readonly Role[];
  readonly sessions: Sessions;
  readonly headers: AwsRequest['headers'];
}

/** As STS: what a role's trust policy lacks is told in no more than this sentence. */
function assumeRole(form: URLSearchParams, {roles, sessions, headers}: Assuming): XmlElements {
  const partition = partitionIn(headers);
  const arn = form.get('RoleArn') ?? '';
  const role = roles.find((candidate) => candidate.arn === arn);
  const {externalId, mfa} = role ?? {};
  const isTrusted =
    role !== undefined &&
    (externalId === undefined || form.get('ExternalId') === externalId) &&
    (mfa === undefined || form.get('SerialNumber') === mfa.serial);
  if (!isTrusted) {
    throw new AwsError(
      'AccessDenied',
      `User: ${partition}:iam::${accountId}:user/lab is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      403,
    );
  }
  if (mfa && form.get('TokenCode') !== mfa.code) {
    const message = 'MultiFactorAuthentication failed with invalid MFA one time pass code.';
    throw new AwsError('AccessDenied', message, 403);
  }
  const name = form.get('RoleSessionName') ?? '';
  const assumed = `${partition}:sts::${accountId}:assumed-role/${arn.split('/').at(-1)}/${name}`;
  const seconds = Number(form.get('DurationSeconds') ?? '3600');
  const key = sessions.grant(assumed, seconds, Date.now());
  return {
    Credentials: {
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      SessionToken: key.sessionToken,
      Expiration: new Date(key.endsAtMs).toISOString(),
    },
    AssumedRoleUser: {AssumedRoleId: userIdOf(assumed), Arn: assumed},
  };
}

/** Of a session it is the ARN of its role, with the path that the ARN of the session does not have. */
function principalArnOf(caller: string, roles: readonly Role[]): string {
  const [, partition, account, name] =
    /^(arn:[^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  const role = roles.find(({arn}) => arn.split('/').at(-1) === name);
  return name === undefined ? caller : (role?.arn ?? `${partition}:iam::${account}:role/${name}`);
}

/** The unique id of a user; that of a role, and the name of the session. */
function userIdOf(caller: string): string {
  const [kind = '', ...path] = caller.split(':').slice(5).join(':').split('/');
  const [name = '', session] = kind === 'assumed-role' ? path : [path.at(-1)];
  const id = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  return kind === 'assumed-role' ? `AROALAB${id}:${session}` : `AIDALAB${id}`;
}

function roleReply(
  name: string,
  {roles, headers}: Pick<Assuming, 'roles' | 'headers'>,
): XmlElements {
  const role = roles.find(({arn}) => arn.split('/').at(-1) === name);
  const arn = role?.arn ?? `${partitionIn(headers)}:iam::${accountId}:role/${name}`;
  return {
    Role: {
      Path: arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1),
      RoleName: name,
      RoleId: `AROALAB${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`,
      Arn: arn,
      CreateDate: '2026-01-01T00:00:00Z',
    },
  };
}

/** Every action on every resource, a page at a time. */
function simulate(policies: readonly PolicyDocument[], form: URLSearchParams): XmlElements {
  const principal = form.get('PolicySourceArn') ?? '';
  if (!/^arn:aws(-[a-z]+)*:iam::\d{12}:(user|role)\/.+/.test(principal)) {
    throw new AwsError(
      'InvalidInput',
      `Invalid Entity Arn: ${principal} does not clearly define entity type and name.`,
    );
  }
  const resources = listIn(form, 'ResourceArns');
  const context = contextIn(form);
  const all = listIn(form, 'ActionNames').flatMap((action) =>
    (resources.length > 0 ? resources : ['*']).map((resource) => ({action, resource, context})),
  );
  const start = Number(form.get('Marker') ?? '0');
  const end = start + Number(form.get('MaxItems') ?? '100');
  const isTruncated = end < all.length;
  return {
    EvaluationResults: {
      member: all.slice(start, end).map((asked) => ({
        EvalActionName: asked.action,
        EvalResourceName: asked.resource,
        EvalDecision: decide(policies, asked),
        MissingContextValues: {member: missingKeys(policies, asked)},
      })),
    },
    IsTruncated: isTruncated,
    ...(isTruncated ? {Marker: String(end)} : {}),
  };
}

/** The condition keys that the caller gives (API reference, ContextEntry). */
function contextIn(form: URLSearchParams): Asked['context'] {
  const context: Record<string, string> = {};
  for (let at = 1; form.has(`ContextEntries.member.${at}.ContextKeyName`); at += 1) {
    const entry = `ContextEntries.member.${at}`;
    const name = form.get(`${entry}.ContextKeyName`) ?? '';
    context[name] = form.get(`${entry}.ContextKeyValues.member.1`) ?? '';
  }
  return context;
}

function listIn(form: URLSearchParams, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 1; form.has(`${name}.member.${at}`); at += 1) {
    values.push(form.get(`${name}.member.${at}`) ?? '');
  }
  return values;
}
