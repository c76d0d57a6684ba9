import type {Grant, NeedStatus, TargetRights} from '../model/rights.ts';
import type {TextOptions} from './labels.ts';
import {flow} from './text.ts';

interface IamPolicy {
  /** Whose policy it is; `null` when nobody could be asked. */
  readonly account: string | null;
  readonly targets: readonly string[];
  readonly document: {
    readonly Version: '2012-10-17';
    readonly Statement: readonly {
      readonly Effect: 'Allow';
      readonly Action: readonly string[];
      readonly Resource: readonly string[];
    }[];
  };
}

/** One policy for each account of AWS: what all targets need that it opens. */
export function iamPolicies(all: readonly TargetRights[]): readonly IamPolicy[] {
  const grants = all.flatMap(({target, rights}) =>
    rights.flatMap(({account, grants}) =>
      grants.filter(isIam).map((grant) => ({target, account, grant})),
    ),
  );
  return [...new Set(grants.map(({account}) => account))].map((account) => {
    const own = grants.filter((grant) => grant.account === account);
    return {
      account,
      targets: [...new Set(own.map(({target}) => target))],
      document: {Version: '2012-10-17', Statement: statementsOf(own.map(({grant}) => grant))},
    };
  });
}

type IamGrant = Extract<Grant, {form: 'iam'}>;
const isIam = (grant: Grant): grant is IamGrant => grant.form === 'iam';

/** Everything that is allowed on the same resources is in one statement, once. */
function statementsOf(grants: readonly IamGrant[]): IamPolicy['document']['Statement'] {
  const byResources = new Map<string, {resources: readonly string[]; actions: Set<string>}>();
  for (const {actions, resources} of grants) {
    const key = resources.join(' ');
    const statement = byResources.get(key) ?? {resources, actions: new Set()};
    byResources.set(key, statement);
    for (const action of actions) {
      statement.actions.add(action);
    }
  }
  return [...byResources.values()].map(({resources, actions}) => ({
    Effect: 'Allow',
    Action: [...actions].sort(),
    Resource: resources,
  }));
}

export interface Missing extends NeedStatus {
  readonly target: string;
  readonly account: string | null;
}

/** What is surely missing, over all targets. */
export const missingIn = (all: readonly TargetRights[]): readonly Missing[] =>
  all.flatMap(({target, rights}) =>
    rights.flatMap(({account, needs: held}) =>
      held.filter(({is}) => is === 'missing').map((need) => ({...need, target, account})),
    ),
  );

/** The policies and statements to paste, and what the accounts have of them. */
export function permissionsText(
  {
    runbook,
    inventory,
    targets,
  }: {
    readonly runbook: string;
    readonly inventory: string;
    readonly targets: readonly TargetRights[];
  },
  options: TextOptions,
): string {
  const {paint} = options;
  return [
    `${paint.bold('Permissions')} for ${paint.bold(runbook)} on ${paint.bold(inventory)}`,
    ...iamPolicies(targets).flatMap((policy) => policyLines(policy, options)),
    ...targets.flatMap((target) => targetLines(target, options)),
  ].join('\n');
}

const policyLines = ({account, targets, document}: IamPolicy, {paint}: TextOptions): string[] => [
  '',
  `${paint.bold('IAM policy')} of ${account ?? 'the account of AWS, which could not be asked'} (${targets.join(', ')})`,
  JSON.stringify(document, null, 2),
];

function targetLines({target, kind, rights}: TargetRights, options: TextOptions): string[] {
  const {paint} = options;
  return [
    '',
    `${paint.bold(target)} (${kind})`,
    ...rights.flatMap(({account, grants, needs: held}) => [
      ...grants.flatMap((grant) => grantLines(grant, options)),
      ...heldLines(account, held, options),
    ]),
  ];
}

function grantLines(grant: Grant, {width}: TextOptions): readonly string[] {
  switch (grant.form) {
    case 'iam':
      // The policy has it.
      return [];
    case 'statement':
      // To be pasted: never broken into lines.
      return [`  ${grant.text}`];
    case 'words':
      return flow([grant.text], {width, first: '  by hand: ', rest: '    '});
  }
}

function heldLines(
  account: string | null,
  held: readonly NeedStatus[],
  {width, paint}: TextOptions,
): readonly string[] {
  const missing = held.filter(({is}) => is === 'missing');
  const unknown = held.filter(({is}) => is === 'unknown');
  const count = held.length - missing.length - unknown.length;
  const line = (text: string, mark: string) =>
    flow([text], {width, first: `  ${mark} `, rest: '    '});
  return [
    ...(count > 0 ? line(`${account} has ${count} of ${held.length}`, paint.green('✓')) : []),
    ...missing.flatMap(({need, reason: says}) => line(`it lacks ${need}: ${says}`, paint.red('✗'))),
    ...grouped(unknown).flatMap(([says, needs]) =>
      line(`not known whether it has ${needs.join(', ')}: ${says}`, paint.yellow('?')),
    ),
  ];
}

function grouped(
  unknown: readonly NeedStatus[],
): readonly (readonly [string, readonly string[]])[] {
  const bySays = new Map<string, string[]>();
  for (const {need, reason: says = ''} of unknown) {
    bySays.set(says, [...(bySays.get(says) ?? []), need]);
  }
  return [...bySays];
}
