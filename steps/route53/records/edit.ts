import {z} from 'zod';
import {type Action, type Blocked, blocked, type Look} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import type {hostedZone} from '../target.ts';
import {canonicalName, sameSets} from './canonical.ts';
import {type RecordSet, recordSet} from './record-set.ts';
import {batchInWords, contentsOf} from './record-text.ts';
import {replaceSets} from './replace.ts';
import {inScope, type Scope, standingAt} from './scope.ts';

/** What a step of this folder makes of some records, whole groups at a time. */
export interface Edit {
  readonly scope: Scope;
  /** What it makes of them. */
  to(from: readonly RecordSet[]): readonly RecordSet[];
}

export type ZoneTargets = {readonly zone: typeof hostedZone};
type ZoneLook = Look<ZoneTargets, unknown>;

/** What every step needs that changes records. */
export const editNeeds = [
  'route53:GetHostedZone',
  'route53:ListResourceRecordSets',
  'route53:ListResourceRecordSetProtections',
  'route53:ChangeResourceRecordSets',
  'route53:GetChange',
];

/** An alias as a runbook gives it. */
export const aliasInput = z.object({
  hostedZoneId: z.string(),
  dnsName: z.string(),
  evaluateTargetHealth: z.boolean().default(false),
});

export const beforeImage = recordSet.array();

/** The before-image of this run, or on the first look what stands now. */
export function firstSeen({run}: ZoneLook, live: readonly RecordSet[]): readonly RecordSet[] {
  return run.before === undefined ? live : beforeImage.parse(run.before);
}

/** Neither as they were, nor as the step makes them: somebody else did that. */
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
    `${zone.name} holds ${contentsOf(live)}; that is neither what stood before (${contentsOf(from)}) nor what this step makes of it (${contentsOf(to)}).`,
    'Somebody else changed these records. Put them back to one of the two, or leave them to their new owner.',
  );
}

/** The whole edit is one batch, made or not: while `check` says pending, all of it remains. */
export async function planEdit(
  edit: Edit,
  before: readonly RecordSet[],
): Promise<readonly Action<ZoneTargets>[]> {
  const to = edit.to(before);
  return sameSets(before, to) ? [] : [replacing(edit.scope, before, to)];
}

export async function reverseEdit(
  {targets: {zone}, signal}: ZoneLook,
  edit: Edit,
  before: readonly RecordSet[],
): Promise<readonly Action<ZoneTargets>[] | Blocked> {
  const {live} = await standingAt(zone, edit.scope, signal);
  const made = edit.to(before);
  if (sameSets(live, before)) {
    return [];
  }
  return drift(zone, {live, from: before, to: made}) ?? [replacing(edit.scope, made, before)];
}

/** The domain must be the zone's, and no other service of AWS may own it. */
export async function wrongZone(
  zone: ZoneReader,
  {scope}: Edit,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const {name: domain, ownedBy} = await zone.domain(signal);
  const stray = scope.find(({name}) => !`.${canonicalName(name)}`.endsWith(`.${domain}`));
  if (stray) {
    return blocked(
      `${stray.name} is not in the zone of ${zone.name}, which is ${domain}`,
      'Correct the name in the runbook, or the zone in the inventory.',
    );
  }
  const cname = scope.find(({name, type}) => type === 'CNAME' && canonicalName(name) === domain);
  if (cname) {
    return blocked(
      `${cname.name} is the zone's own name, where Route 53 takes no CNAME.`,
      'Use an alias record of type A (and AAAA) instead.',
    );
  }
  return ownedBy
    ? blocked(
        `The zone ${domain} of ${zone.name} belongs to ${ownedBy}, which overwrites what others change in it.`,
        'Change these records through that service.',
      )
    : undefined;
}

/** A protection makes Route 53 refuse the batch: better said before. */
export async function protectedSet(
  zone: ZoneReader,
  {scope}: Edit,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const found = (await zone.protections(signal)).find((one) => inScope(scope, one));
  return found
    ? blocked(
        `${found.name} ${found.type} in ${zone.name} is protected against changes.`,
        'Take the protection away first (DeleteResourceRecordSetProtections), if its owner agrees.',
      )
    : undefined;
}

const replacing = (
  scope: Scope,
  from: readonly RecordSet[],
  to: readonly RecordSet[],
): Action<ZoneTargets> => ({
  on: 'zone',
  does: batchInWords(from, to),
  perform: (zone, signal, say) => replaceSets(zone, {scope, from, to}, signal, say),
});
