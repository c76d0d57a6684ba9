import type {Entry, Item} from '../model/entry.ts';
import {outageSpan} from '../model/outage-span.ts';
import {digestOfPlan, type Evidence, inventoryIn, type Plan, type PlanLine} from '../model/plan.ts';
import type {EntryProgress, Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {SharedReads} from '../model/step.ts';
import type {Verdict} from '../model/verdict.ts';
import {approvalObstacle} from './approval-rules.ts';
import type {World} from './context.ts';
import {alsoWrittenIn} from './declared-writes.ts';
import {runbookDigest} from './digests.ts';
import {
  type Input,
  inputOf,
  type KnownOutput,
  type KnownOutputs,
  knownOutputs,
} from './known-values.ts';
import {checksAtOnce, limitedTo} from './lanes.ts';
import {
  beforeOf,
  type CheckResult,
  checkEntry,
  problemOfCheck,
  refuseIfStopped,
  withinReadingLimit,
} from './look.ts';
import {entriesLostWith} from './lost-entries.ts';
import {passedLine, type Resuming} from './passed-line.ts';
import {baseLine, blockedLine, impossibleLine, withCautions} from './plan-lines.ts';
import {inputInvalid} from './problems.ts';
import {sharedReads} from './shared-reads.ts';
import {actionsFrom} from './unit-results.ts';
import {type UpkeepDue, upkeepDue} from './upkeep-due.ts';

interface Planning {
  readonly world: World;
  readonly inventory: Plan['inventory'];
  /** The progress of the run, when there is one already. */
  readonly progress?: Progress;
  readonly signal: AbortSignal;
}

/** Looks at everything, and changes nothing. Every problem is in the plan; none ends it. */
export async function makePlan(planning: Planning): Promise<Plan> {
  const {world, inventory} = planning;
  const {runbook} = world;
  const lines = withEvidence(await linesOf(planning), planning);
  const items = (runbook.items as readonly Item[]).map((item) =>
    item.kind === 'entry' ? (lines.get(item.id) ?? baseLine(item)) : item,
  );
  const plan = {
    runbook: {
      name: runbook.head.name,
      summary: runbook.head.summary,
      digest: runbookDigest(runbook),
    },
    inventory: inventoryIn(inventory),
    params: world.params,
    items,
    ...outageIn(runbook),
    ...alsoWrittenIn(runbook, world.params),
  };
  return {...plan, digest: digestOfPlan(plan)};
}

function outageIn({head, entries}: AnyRunbook): Pick<Plan, 'outage'> {
  const outage = head.outage && outageSpan(head.outage, entries);
  return outage ? {outage} : {};
}

interface PlanSurvey {
  readonly outputs: KnownOutputs;
  readonly fromChecks: Map<string, KnownOutput>;
  /** A line for every entry whose turn to be looked at has come. */
  readonly lines: Map<string, Promise<PlanLine>>;
  /** By entry that cannot be done: the skipped entries that it needs. */
  readonly lost: ReadonlyMap<string, readonly string[]>;
  readonly shared: SharedReads;
  /** Changes in place that may have ended from outside. */
  readonly upkeep: readonly UpkeepDue[];
  /** Checks beside not too many others. */
  readonly inTurn: ReturnType<typeof limitedTo>;
}

/** All entries are looked at side by side; only one that needs what an earlier one gives waits for the look at that. */
async function linesOf(planning: Planning): Promise<ReadonlyMap<string, PlanLine>> {
  const {
    world: {runbook, params},
    progress,
  } = planning;
  const entries: readonly Entry[] = runbook.entries;
  const isSkipped = ({id}: Entry) => progress?.entries.get(id)?.state === 'skipped';
  const skipped = entries.filter(isSkipped).map(({id}) => id);
  const lost = entriesLostWith({entries, params, progress, skipped});
  const earlier = knownOutputs(progress, entries);
  const fromChecks = new Map<string, KnownOutput>();
  const outputs: KnownOutputs = {get: (id) => fromChecks.get(id) ?? earlier.get(id)};
  const shared = sharedReads(planning.signal);
  const inTurn = limitedTo(checksAtOnce);
  const upkeep = progress ? upkeepDue(planning.world, progress) : [];
  const survey: PlanSurvey = {
    ...{outputs, fromChecks, lines: new Map(), lost},
    ...{shared, inTurn, upkeep},
  };
  for (const entry of entries) {
    survey.lines.set(entry.id, lineFor(entry, planning, survey));
  }
  const all = [...survey.lines.values()];
  // Waits for all, also when one of them throws: nobody may still be looking when the error is told.
  await Promise.allSettled(all);
  return new Map((await Promise.all(all)).map((line) => [line.entry, line]));
}

/** An earlier entry of the plan may still change what was seen. */
function withEvidence(
  lines: ReadonlyMap<string, PlanLine>,
  {progress}: Planning,
): ReadonlyMap<string, PlanLine> {
  const changing = new Set<string>();
  return new Map(
    [...lines].map(([id, line]) => {
      const evidence: Evidence =
        line.evidence === 'checked' &&
        !progress?.entries.get(id)?.applied &&
        line.targets.some((target) => changing.has(target))
          ? 'predicted'
          : line.evidence;
      if (line.actions.length > 0 || (line.outlook === 'pending' && line.unitKind !== 'gate')) {
        for (const target of line.targets) {
          changing.add(target);
        }
      }
      return [id, {...line, evidence}];
    }),
  );
}

async function lineFor(entry: Entry, planning: Planning, survey: PlanSurvey): Promise<PlanLine> {
  refuseIfStopped(planning.signal);
  const progress = planning.progress?.entries.get(entry.id);
  const base = baseLine(entry);
  if (progress?.state === 'done' || progress?.state === 'skipped') {
    const due = survey.upkeep.filter((upkeep) => upkeep.entry === entry);
    return survey.inTurn(() =>
      passedLine(base, {entry, state: progress, due}, planning as Resuming),
    );
  }
  const skipped = survey.lost.get(entry.id);
  return skipped
    ? impossibleLine(base, skipped, [...survey.lost.keys()][0] === entry.id)
    : withCautions(entry, planning.world, await checkedLine(entry, base, planning, survey));
}

async function checkedLine(
  entry: Entry,
  base: PlanLine,
  planning: Planning,
  survey: PlanSurvey,
): Promise<PlanLine> {
  const obstacle = approvalObstacle(entry, planning.world.approvalRules);
  if (obstacle) {
    return blockedLine(base, obstacle);
  }
  const input = await inputAfterChecks(entry, planning, survey);
  if (input.kind === 'invalid') {
    return blockedLine(base, input.problem);
  }
  if (input.kind === 'not-yet' && !isBefore(entry, input.after, planning.world.runbook)) {
    const what = `it asks for what ${input.after} gives, and ${input.after} is no earlier entry`;
    return blockedLine(base, inputInvalid(entry.id, what));
  }
  const unmet = entry.after.filter((id) => survey.outputs.get(id) === undefined);
  const knownAfter = input.kind === 'not-yet' ? [...new Set([...unmet, input.after])] : unmet;
  if (input.kind === 'not-yet' || knownAfter.length > 0) {
    return {...base, evidence: 'known-after', outlook: 'pending', knownAfter};
  }
  if (entry.unit.kind === 'gate' && entry.unit.expensive) {
    return {...base, outlook: 'pending', detail: 'skipped when planning'};
  }
  return survey.inTurn(() => lineOfCheck(entry, base, input.input, planning, survey));
}

async function lineOfCheck(
  entry: Entry,
  base: PlanLine,
  input: unknown,
  planning: Planning,
  survey: PlanSurvey,
): Promise<PlanLine> {
  refuseIfStopped(planning.signal);
  try {
    const progress = planning.progress?.entries.get(entry.id);
    const request = {
      entry,
      input,
      shared: survey.shared,
      started: progress?.applied ?? false,
      startedAt: progress?.appliedAt,
      before: progress?.before,
      word: progress?.word,
    };
    const result = await checkEntry(planning.world, request, planning.signal);
    if (result.verdict.kind === 'done') {
      survey.fromChecks.set(entry.id, {
        output: result.verdict.output,
        doneAt: planning.world.clock.now(),
      });
    }
    const {world} = planning;
    const reading = {world, entry: entry.id, signal: planning.signal};
    return await withinReadingLimit(reading, (signal, stillReading) => {
      const look = {...result.look, signal, stillReading};
      return lineOfVerdict(entry, base, {...result, look}, progress);
    });
  } catch (error) {
    refuseIfStopped(planning.signal);
    return blockedLine(base, problemOfCheck(entry.id, error));
  }
}

/** The input as it is once every earlier entry that it needs was looked at. */
async function inputAfterChecks(
  entry: Entry,
  {world}: Planning,
  survey: PlanSurvey,
): Promise<Input> {
  await Promise.all(entry.after.map((id) => survey.lines.get(id)));
  for (;;) {
    const input = inputOf(entry, world.params, survey.outputs);
    if (input.kind !== 'not-yet' || !isBefore(entry, input.after, world.runbook)) {
      return input;
    }
    await survey.lines.get(input.after);
    if (survey.outputs.get(input.after) === undefined) {
      return input;
    }
  }
}

/** The types hold it, but a runbook may never have been compiled: it would fail in the middle of the night. */
const isBefore = (entry: Entry, id: string, {entries}: AnyRunbook): boolean =>
  entries.slice(0, entries.indexOf(entry)).some((earlier: Entry) => earlier.id === id);

async function lineOfVerdict(
  entry: Entry,
  base: PlanLine,
  {look, verdict}: CheckResult,
  progress: EntryProgress | undefined,
): Promise<PlanLine> {
  switch (verdict.kind) {
    case 'done':
      return {
        ...base,
        // A change that this run has started is not already in place: it is reversed with the run.
        outlook:
          entry.unit.kind === 'gate' ? 'open' : progress?.applied ? 'applied' : 'already-in-place',
        ...remarked(verdict.remarks),
      };
    case 'waiting':
      return {...base, outlook: 'wait', detail: verdict.progress};
    case 'needs-answer':
      return {...base, outlook: 'ask', detail: verdict.question, ...remarked(verdict.details)};
    case 'blocked':
      return {
        ...base,
        outlook: 'blocked',
        detail: verdict.reason,
        hint: verdict.hint,
        code: 'entry-blocked',
      };
    case 'pending':
      return pendingLine(entry, base, look, verdict, progress?.before);
  }
}

const remarked = (remarks: readonly string[] = []) => (remarks.length > 0 ? {remarks} : {});

async function pendingLine(
  entry: Entry,
  base: PlanLine,
  look: CheckResult['look'],
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
  firstBefore: unknown,
): Promise<PlanLine> {
  if (entry.unit.kind === 'gate') {
    throw new Error(`${entry.unit.name} is a gate and has nothing to change`);
  }
  const before = firstBefore ?? verdict.before;
  const planned = await entry.unit.plan(look, beforeOf(entry, before) as never); // its own schema has read it
  const actions = actionsFrom(entry, 'plan', planned);
  return {
    ...base,
    outlook: 'change',
    differences: verdict.differences,
    actions: actions.map(({on, does, asks}) => ({target: asks?.who ?? entry.on[on] ?? on, does})),
    ...remarked(verdict.remarks),
    before,
  };
}
