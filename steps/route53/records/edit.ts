import {type Action, type Blocked, blocked, type Look} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import type {hostedZone} from '../target.ts';
import {canonicalName, sameSets} from './canonical.ts';
import {type RecordSet, recordSet} from './record-set.ts';
import {batchText, contentsOf} from './record-text.ts';
import {replaceSets} from './replace.ts';
import {inScope, type Scope, setsInScope} from './scope.ts';

/** The change that a step makes to some records, whole groups at a time. */
export interface Edit {
  readonly scope: Scope;
  /** The sets after the change. */
  to(from: readonly RecordSet[]): readonly RecordSet[];
}

export type ZoneTargets = {readonly zone: typeof hostedZone};
type ZoneLook = Look<ZoneTargets, unknown>;

/** The permissions of every step that changes records. */
export const editNeeds = [
  'route53:GetHostedZone',
  'route53:ListResourceRecordSets',
  'route53:ListResourceRecordSetProtections',
  'route53:ChangeResourceRecordSets',
  'route53:GetChange',
];

export const beforeImage = recordSet.array();

/** The before-image of this run, or on the first check the live records. */
export function originalSets({run}: ZoneLook, live: readonly RecordSet[]): readonly RecordSet[] {
  return run.before === undefined ? live : beforeImage.parse(run.before);
}

/** The records are neither as they were nor as the step makes them: another client changed them. */
export function drift(
  zone: ZoneReader,
  {
    live,
    from,
    to,
  }: {live: readonly RecordSet[]; from: readonly RecordSet[]; to: readonly RecordSet[]},
): Blocked | undefined {
  if (sameSets(live, from) || sameSets(live, to)) {
    return undefined;
  }
  return blocked(
    `${zone.name} holds ${contentsOf(live)}. Before this step it held ${contentsOf(from)}, and the step changes that to ${contentsOf(to)}.`,
    'Another client changed these records. Restore one of the two states, or remove the records from the runbook.',
  );
}

/** The edit is one batch, made as a whole or not at all: while `check` returns pending, all of it remains. */
export async function planEdit(
  edit: Edit,
  before: readonly RecordSet[],
): Promise<readonly Action<ZoneTargets>[]> {
  const to = edit.to(before);
  return sameSets(before, to) ? [] : [replacement(edit.scope, before, to)];
}

export async function reverseEdit(
  {targets: {zone}, signal}: ZoneLook,
  edit: Edit,
  before: readonly RecordSet[],
): Promise<readonly Action<ZoneTargets>[] | Blocked> {
  const {live} = await setsInScope(zone, edit.scope, signal);
  const after = edit.to(before);
  if (sameSets(live, before)) {
    return [];
  }
  return drift(zone, {live, from: before, to: after}) ?? [replacement(edit.scope, after, before)];
}

/**
 * The names must be in the zone, no other service of AWS may own it, and its own name gets no CNAME from `to`, the
 * records that the step makes.
 */
export async function wrongZone(
  zone: ZoneReader,
  {scope, to}: {readonly scope: Scope; readonly to: Scope},
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const {name: domain, ownedBy} = await zone.domain(signal);
  const stray = scope.find(({name}) => !`.${canonicalName(name)}`.endsWith(`.${domain}`));
  if (stray) {
    return blocked(
      `${stray.name} is not in the zone of ${zone.name}, which is ${domain}.`,
      'Correct the name in the runbook, or the zone in the inventory.',
    );
  }
  const cname = to.find(({name, type}) => type === 'CNAME' && canonicalName(name) === domain);
  if (cname) {
    return blocked(
      `${cname.name} is the zone's own name, where Route 53 allows no CNAME.`,
      'Use an alias record of type A (and AAAA) instead.',
    );
  }
  return ownedBy
    ? blocked(
        `The zone ${domain} of ${zone.name} belongs to ${ownedBy}, which overwrites the changes of others.`,
        `Change these records through ${ownedBy}.`,
      )
    : undefined;
}

/** A protection makes Route 53 refuse the batch. */
export async function protectedSet(
  zone: ZoneReader,
  {scope}: Edit,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const protection = (await zone.protections(signal)).find((each) => inScope(scope, each));
  return protection
    ? blocked(
        `${protection.name} ${protection.type} in ${zone.name} is protected against changes.`,
        'Ask the owner of the record to remove the protection (DeleteResourceRecordSetProtections).',
      )
    : undefined;
}

const replacement = (
  scope: Scope,
  from: readonly RecordSet[],
  to: readonly RecordSet[],
): Action<ZoneTargets> => ({
  on: 'zone',
  does: batchText(from, to),
  perform: (zone, signal, say) => replaceSets(zone, {scope, from, to}, signal, say),
});
