import type {Inventory} from '../inventory/inventory.ts';
import {
  digestOfPlan,
  type Evidence,
  type Plan,
  type PlanItem,
  type PlanLine,
} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import type {AnyRunbook, Entry, Item} from '../model/runbook.ts';
import type {Verdict} from '../model/verdict.ts';
import type {World} from './context.ts';
import {type Given, type Givens, givenBy, inputOf} from './known.ts';
import {lookAt, looking, problemOfLook, refuseIfStopped, type Seen} from './look.ts';
import {runbookDigest} from './prints.ts';
import {inputInvalid} from './problems.ts';
import {beforeOf} from './run-entry.ts';

export interface Planning {
  readonly world: World;
  readonly inventory: Pick<Inventory, 'name' | 'digest' | 'protected'>;
  /** Where the run stands, when there is one already. */
  readonly progress?: Progress;
  readonly signal: AbortSignal;
}

/** Looks at everything that can be looked at, and changes nothing. Every problem is in the plan; none ends it. */
export async function makePlan(planning: Planning): Promise<Plan> {
  const {world, inventory, progress} = planning;
  const {runbook} = world;
  const survey: Survey = {
    earlier: givenBy(progress, runbook.entries),
    found: new Map(),
    changing: new Set(),
  };
  const items: PlanItem[] = [];
  for (const item of runbook.items as readonly Item[]) {
    refuseIfStopped(planning.signal);
    items.push(item.kind === 'entry' ? await lineFor(item, planning, survey) : item);
  }
  const plan = {
    runbook: {
      name: runbook.head.name,
      summary: runbook.head.summary,
      digest: runbookDigest(runbook),
    },
    inventory: {name: inventory.name, digest: inventory.digest, protected: inventory.protected},
    params: world.params,
    items,
  };
  return {...plan, digest: digestOfPlan(plan)};
}

/** What the plan knows so far, from the entries before. */
interface Survey {
  readonly earlier: Givens;
  /** What the looks of this plan have seen. */
  readonly found: Map<string, Given>;
  /** Targets that an earlier entry of this plan still changes. */
  readonly changing: Set<string>;
}

async function lineFor(entry: Entry, planning: Planning, survey: Survey): Promise<PlanLine> {
  const so = planning.progress?.entries.get(entry.id);
  const base = baseLine(entry, so?.stands ? 'checked' : evidenceOf(entry, survey));
  if (so?.state === 'done' || so?.state === 'skipped') {
    return {...base, outlook: so.state === 'skipped' ? 'skipped' : so.stands ? 'stands' : 'found'};
  }
  const line = await lookedAt(entry, base, planning, survey);
  if (line.actions.length > 0 || (line.outlook === 'later' && line.unitKind !== 'gate')) {
    for (const target of line.targets) {
      survey.changing.add(target);
    }
  }
  return line;
}

async function lookedAt(
  entry: Entry,
  base: PlanLine,
  planning: Planning,
  survey: Survey,
): Promise<PlanLine> {
  const given: Givens = {get: (id) => survey.found.get(id) ?? survey.earlier.get(id)};
  const input = inputOf(entry, planning.world.params, given);
  if (input.kind === 'invalid') {
    return blockedLine(base, input.problem);
  }
  if (input.kind === 'not-yet' && !isBefore(entry, input.after, planning.world.runbook)) {
    const what = `it asks for what ${input.after} gives, and ${input.after} is no earlier entry`;
    return blockedLine(base, inputInvalid(entry.id, what));
  }
  const unmet = entry.after.filter((id) => given.get(id) === undefined);
  const knownAfter = input.kind === 'not-yet' ? [...new Set([...unmet, input.after])] : unmet;
  if (input.kind === 'not-yet' || knownAfter.length > 0) {
    return {...base, evidence: 'known-after', outlook: 'later', knownAfter};
  }
  if (entry.unit.kind === 'gate' && entry.unit.dear) {
    return {...base, outlook: 'later', says: 'it is looked at when its turn comes'};
  }
  try {
    const so = planning.progress?.entries.get(entry.id);
    const request = {
      entry,
      input: input.input,
      begun: so?.stands ?? false,
      begunAt: so?.actedAt,
      before: so?.before,
    };
    const seen = await lookAt(planning.world, request, planning.signal);
    if (seen.verdict.kind === 'done') {
      survey.found.set(entry.id, {output: seen.verdict.output, doneAt: planning.world.clock.now()});
    }
    return await looking(planning.world, planning.signal, (signal) => {
      const look = {...seen.look, signal};
      return lineOfVerdict(entry, base, {...seen, look}, so?.before);
    });
  } catch (error) {
    refuseIfStopped(planning.signal);
    return blockedLine(base, problemOfLook(entry.id, error));
  }
}

/** The types hold it, but a runbook may never have been compiled: it would fail in the middle of the night. */
const isBefore = (entry: Entry, wanted: string, {entries}: AnyRunbook): boolean =>
  entries.slice(0, entries.indexOf(entry)).some(({id}: Entry) => id === wanted);

async function lineOfVerdict(
  entry: Entry,
  base: PlanLine,
  {look, verdict}: Seen,
  firstBefore: unknown,
): Promise<PlanLine> {
  switch (verdict.kind) {
    case 'done':
      return {
        ...base,
        outlook: entry.unit.kind === 'gate' ? 'open' : 'found',
        ...remarked(verdict.remarks),
      };
    case 'settling':
      return {...base, outlook: 'wait', says: verdict.progress};
    case 'unknown':
      return {...base, outlook: 'ask', says: verdict.question, ...remarked(verdict.details)};
    case 'blocked':
      return {
        ...base,
        outlook: 'blocked',
        says: verdict.reason,
        hint: verdict.hint,
        code: 'blocked',
      };
    case 'pending':
      return pendingLine(entry, base, look, verdict, firstBefore);
  }
}

const remarked = (remarks: readonly string[] = []) => (remarks.length > 0 ? {remarks} : {});

async function pendingLine(
  entry: Entry,
  base: PlanLine,
  look: Seen['look'],
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
  firstBefore: unknown,
): Promise<PlanLine> {
  if (entry.unit.kind === 'gate') {
    throw new Error(`${entry.unit.name} is a gate and has nothing to change`);
  }
  const before = firstBefore ?? verdict.before;
  const actions = await entry.unit.plan(look, beforeOf(entry, before) as never); // its own schema has read it
  return {
    ...base,
    outlook: 'change',
    differences: verdict.differences,
    actions: actions.map(({on, does}) => ({target: entry.on[on] ?? on, does})),
    before,
  };
}

function baseLine(entry: Entry, evidence: Evidence): PlanLine {
  const {unit} = entry;
  return {
    kind: 'entry',
    entry: entry.id,
    phase: entry.phase,
    ...(entry.group === undefined ? {} : {group: entry.group}),
    unit: unit.name,
    unitKind: unit.kind,
    targets: [...new Set(Object.values(entry.on))],
    evidence,
    outlook: 'later',
    knownAfter: [],
    differences: [],
    actions: [],
    ...(unit.kind === 'one-way' ? {oneWayBecause: unit.oneWayBecause} : {}),
  };
}

const blockedLine = (base: PlanLine, {code, message, hint}: Problem): PlanLine => ({
  ...base,
  outlook: 'blocked',
  says: message,
  hint,
  code,
});

const evidenceOf = (entry: Entry, {changing}: Survey): Evidence =>
  Object.values(entry.on).some((target) => changing.has(target)) ? 'predicted' : 'checked';
