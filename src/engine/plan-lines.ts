import type {Entry} from '../model/entry.ts';
import type {PlanLine} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
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

/** What its unit wants the operator to know before it is done, from what is known of its input. */
export function withCautions(entry: Entry, params: unknown, line: PlanLine): PlanLine {
  const {cautions} = entry.unit;
  if (!cautions || line.outlook === 'applied' || line.outlook === 'already-in-place') {
    return line;
  }
  const {input} = readsOf(entry, params, {get: () => undefined});
  return {...line, remarks: [...cautions(input ?? {}), ...(line.remarks ?? [])]};
}

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
