import type {Grant, NeedStatus, OpenContext, Rights} from '../../../src/index.ts';
import {type AwsPlace, arnOf, partitionOf} from './arns.ts';
import {callerIdentity} from './caller.ts';
import {awsClients} from './clients.ts';
import type {AwsConfig} from './config.ts';
import {oneLine} from './problems.ts';
import {regionOf} from './region.ts';

/** The ARNs on which an action is made; `*` where IAM has nothing narrower. */
export type ResourcesOf = (action: string, place: AwsPlace) => readonly string[];

/** Condition keys, and their values in the requests that are simulated: `s3:if-none-match`. */
type Conditions = Readonly<Record<string, string>>;

/** The IAM statements for the needs, and which of them the account has already. */
export async function awsRights(
  config: AwsConfig,
  needs: readonly string[],
  resourcesOf: ResourcesOf,
  {name, signal}: OpenContext,
  conditions: Conditions = {},
): Promise<Rights> {
  const caller = await callerIdentity(config, name, signal).catch((cause: unknown) =>
    refusalIn(cause),
  );
  const region = await regionOf(config);
  const place =
    'arn' in caller
      ? {partition: caller.arn.split(':')[1] ?? 'aws', region, account: caller.account}
      : {partition: partitionOf(region).name, region, account: '*'};
  const statements = statementsFor(needs, (action) => resourcesOf(action, place));
  const grants: readonly Grant[] = [
    ...statements,
    ...needs.filter((need) => !actionOf(need)).map((text) => ({form: 'words' as const, text})),
  ];
  if (!('arn' in caller)) {
    return {account: null, grants, needs: allUnknown(statements, caller.reason)};
  }
  const statuses = await simulatedRights(config, caller.arn, statements, signal, conditions).catch(
    (cause: unknown) => allUnknown(statements, refusalIn(cause).reason),
  );
  return {account: caller.arn, grants, needs: statuses};
}

type IamGrant = Extract<Grant, {form: 'iam'}>;
type Statement = Pick<IamGrant, 'actions' | 'resources'>;

/** Actions on the same resources become one statement. */
function statementsFor(
  needs: readonly string[],
  resourcesOf: (action: string) => readonly string[],
): readonly IamGrant[] {
  const byResources = new Map<string, {resources: readonly string[]; actions: Set<string>}>();
  for (const action of needs.flatMap((need) => actionOf(need) ?? [])) {
    const resources = [...resourcesOf(action)].sort();
    const key = resources.join(' ');
    const statement = byResources.get(key) ?? {resources, actions: new Set()};
    byResources.set(key, statement);
    statement.actions.add(action);
  }
  return [...byResources.values()].map(({resources, actions}) => ({
    form: 'iam',
    actions: [...actions].sort(),
    resources,
  }));
}

/** `ecs:UpdateService`, also when a remark follows. */
const actionOf = (need: string): string | undefined => /^[a-z0-9-]+:[A-Z]\w+/.exec(need)?.[0];

/** What IAM says of a user or a role: which actions on which resources its policies allow. */
export async function simulatedRights(
  config: AwsConfig,
  arn: string,
  statements: readonly Statement[],
  signal: AbortSignal,
  conditions: Conditions = {},
): Promise<readonly NeedStatus[]> {
  const principal = principalOf(arn);
  if (principal === undefined) {
    return allUnknown(statements, `IAM cannot simulate the policies of ${arn}`);
  }
  const iam = awsClients(
    config,
    () => import('@aws-sdk/client-iam'),
    (sdk, settings) => new sdk.IAMClient(settings),
    {reads: 'slow'},
  );
  const statuses: NeedStatus[] = [];
  try {
    const {sdk, reading} = await iam.get();
    for (const {actions, resources} of statements) {
      const pages = sdk.paginateSimulatePrincipalPolicy(
        {client: reading},
        {
          PolicySourceArn: principal,
          ActionNames: [...actions],
          ResourceArns: resources.map(concrete),
          ContextEntries: Object.entries(conditions).map(([key, value]) => ({
            ContextKeyName: key,
            ContextKeyType: 'string' as const,
            ContextKeyValues: [value],
          })),
        },
        {abortSignal: signal},
      );
      for await (const {EvaluationResults = []} of pages) {
        statuses.push(...EvaluationResults.map((result) => evaluationOf(principal, result)));
      }
    }
    return worstByAction(statuses);
  } finally {
    await iam.close();
  }
}

interface Evaluation {
  readonly EvalActionName: string | undefined;
  readonly EvalResourceName?: string | undefined;
  readonly EvalDecision: string | undefined;
  readonly MissingContextValues?: readonly string[] | undefined;
}

function evaluationOf(principal: string, result: Evaluation): NeedStatus {
  const {
    EvalActionName: need = '',
    EvalResourceName = '*',
    EvalDecision,
    MissingContextValues,
  } = result;
  if (EvalDecision === 'allowed') {
    return {need, is: 'granted'};
  }
  // The policy has a condition on a value that only a real call has: it may be allowed then.
  const isOpen = (MissingContextValues ?? []).length > 0;
  const reason = `IAM answers ${EvalDecision} for ${principal} on ${EvalResourceName}`;
  return isOpen
    ? {need, is: 'unknown', reason: `${reason}, without ${MissingContextValues?.join(', ')}`}
    : {need, is: 'missing', reason};
}

/** An action on several resources is granted only if it is granted on all of them. */
function worstByAction(needs: readonly NeedStatus[]): readonly NeedStatus[] {
  const worst = new Map<string, NeedStatus>();
  for (const answer of needs) {
    const previous = worst.get(answer.need);
    if (!previous || order[answer.is] > order[previous.is]) {
      worst.set(answer.need, answer);
    }
  }
  return [...worst.values()];
}

const order = {granted: 0, unknown: 1, missing: 2};

/** IAM simulates users and roles; a session is simulated by its role. A session's ARN has no path of the role. */
function principalOf(arn: string): string | undefined {
  const [, partition = '', account = '', role] =
    /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (role !== undefined) {
    return arnOf({partition, region: '', account}, 'iam', `role/${role}`);
  }
  return /^arn:[\w-]+:iam::\d+:(user|role)\//.test(arn) ? arn : undefined;
}

/** The simulation takes single resources, or `*` for all: one that could exist represents the others. */
const concrete = (resource: string): string =>
  resource === '*' ? resource : resource.replaceAll('*', 'any');

const allUnknown = (statements: readonly Statement[], reason: string): readonly NeedStatus[] =>
  statements.flatMap(({actions}) =>
    actions.map((need) => ({need, is: 'unknown' as const, reason})),
  );

const refusalIn = (cause: unknown): {readonly reason: string} => ({
  reason: cause instanceof Error ? oneLine(cause.message) : String(cause),
});
