import type {Entry} from '../model/entry.ts';
import {outageSpan} from '../model/outage-span.ts';
import type {PlanLine} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {World} from './context.ts';
import {readsOf} from './known-values.ts';

/** What is known of an entry before it is checked. */
export function baseLine(entry: Entry): PlanLine {
  const {unit} = entry;
  return {
    kind: 'entry',
    entry: entry.id,
    phase: entry.phase,
    ...(entry.group === undefined ? {} : {group: entry.group}),
    unit: unit.name,
    unitKind: unit.kind,
    summary: entry.summary ?? unit.summary,
    targets: [...new Set(Object.values(entry.on))],
    evidence: 'checked',
    outlook: 'pending',
    knownAfter: [],
    differences: [],
    actions: [],
    ...(unit.kind === 'one-way' ? {oneWayBecause: unit.oneWayBecause} : {}),
  };
}

export const blockedLine = (base: PlanLine, {code, message, hint}: Problem): PlanLine => ({
  ...base,
  outlook: 'blocked',
  detail: message,
  hint,
  code,
});

/** What the operator is to know before it is done: of its unit, from what is known of its input, and of its place. */
export function withCautions(
  entry: Entry,
  {params, runbook}: Pick<World, 'params' | 'runbook'>,
  line: PlanLine,
): PlanLine {
  if (line.outlook === 'applied' || line.outlook === 'already-in-place') {
    return line;
  }
  const {cautions: ofUnit} = entry.unit;
  const input = () => readsOf(entry, params, {get: () => undefined}).input ?? {};
  const cautions = [
    ...(ofUnit ? ofUnit(input()) : []),
    ...(isApprovalInOutage(entry, runbook) ? [approvalInOutage] : []),
  ];
  return cautions.length === 0 ? line : {...line, remarks: [...cautions, ...(line.remarks ?? [])]};
}

function isApprovalInOutage(entry: Entry, {head, entries}: AnyRunbook): boolean {
  const span = entry.approval && head.outage && outageSpan(head.outage, entries);
  const placeOf = (id: string) => entries.findIndex((other) => other.id === id);
  const at = placeOf(entry.id);
  return span !== undefined && placeOf(span.begins) < at && at < placeOf(span.ends);
}

const approvalInOutage =
  'Writes are refused until other people approve, and the operator cannot answer for them. Ask for approval before the outage.';

/** Not blocked: a resumed run goes as far as to it, and offers there to run what was skipped. */
export const impossibleLine = (
  base: PlanLine,
  skipped: readonly string[],
  isFirst: boolean,
): PlanLine => ({
  ...base,
  outlook: 'impossible',
  detail: `cannot be done: ${skipped.join(' and ')} ${skipped.length === 1 ? 'was' : 'were'} skipped`,
  ...(isFirst
    ? {remarks: [`When the run gets here, choose retry to run ${skipped.join(' and ')} after all.`]}
    : {}),
});
