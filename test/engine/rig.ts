import {
  type EarlierFigures,
  type RunContext,
  recordIn,
  type World,
} from '../../src/engine/context.ts';
import {entryDigests, runbookDigest} from '../../src/engine/digests.ts';
import type {EngineEvent} from '../../src/engine/events.ts';
import type {Answer, Choice, Failure, Operator, Question} from '../../src/engine/operator.ts';
import {makePlan} from '../../src/engine/plan.ts';
import {watchTime} from '../../src/engine/process-stop.ts';
import {type Reversal, reverseRun} from '../../src/engine/reverse.ts';
import {makeReversePlan} from '../../src/engine/reverse-plan.ts';
import {runForward} from '../../src/engine/run.ts';
import type {RunOutcome} from '../../src/engine/run-outcome.ts';
import type {FactOf, JournalEntry} from '../../src/model/journal.ts';
import {journaledOutage} from '../../src/model/outage-limit.ts';
import type {Plan, ReversePlan} from '../../src/model/plan.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import type {AnyRunbook} from '../../src/model/runbook.ts';
import {FakeClock} from '../../src/testing/fake-clock.ts';
import {MemoryJournal, type Watching} from '../../src/testing/memory-journal.ts';
import type {Shelf} from './fakes.ts';

export const inventory = {name: 'pantry', digest: 'i1', protected: false};
export const ada = {user: 'ada', host: 'bastion', pid: 4711};

type Answering = (question: Question) => Answer['answer'] | Promise<Answer['answer']>;
type Deciding = (failure: Failure) => Choice | Promise<Choice>;

/** Says yes to everything and stops at every failure, if not told otherwise; and remembers what it was asked. */
export class ScriptedOperator implements Operator {
  name = 'ada';
  /** Sees each question, so that it is journaled. */
  isPerson = false;
  readonly asked: Question[] = [];
  readonly failures: Failure[] = [];
  answering: Answering = () => 'yes';
  deciding: Deciding = () => ({choice: 'stop'});

  async ask(question: Question): Promise<Answer> {
    const {onAsked, facts, ...rest} = question;
    if (this.isPerson) {
      onAsked?.(this.name);
    }
    this.asked.push(rest);
    return {answer: await this.answering(question), by: this.name};
  }

  async decide({onAsked, ...failure}: Failure): Promise<Choice & {readonly by: string}> {
    if (this.isPerson) {
      onAsked?.(this.name);
    }
    this.failures.push(failure);
    return {...(await this.deciding(failure)), by: 'ada'};
  }
}

export interface RigParts {
  readonly runbook: AnyRunbook;
  readonly shelves: readonly Shelf[];
  readonly params?: unknown;
  /** The inventory's name must be typed. */
  readonly protected?: boolean;
  readonly watching?: Watching;
  /** The last run of this runbook that is done. */
  readonly earlier?: EarlierFigures | null;
  /** What an earlier process left of the journal. */
  readonly lines?: readonly string[];
  /** Until then the cutover must be accepted: of the start, or of the resumption. */
  readonly decideByUtc?: string;
  /** Where other people approve, and who may. */
  readonly approvals?: Pick<RunContext, 'approvals' | 'approvalRules'>;
  /** What earlier runs tell. */
  readonly forecast?: RunContext['forecast'];
  /** Decides right before the outage. */
  readonly mayBeginOutage?: RunContext['mayBeginOutage'];
}

/**
 * An engine with everything around it made small: shelves for systems, memory for the disk, a clock that a test
 * moves.
 */
export class Rig {
  readonly clock = new FakeClock();
  readonly operator = new ScriptedOperator();
  readonly events: EngineEvent[] = [];
  readonly stopping = new AbortController();
  readonly aborting = new AbortController();
  readonly journal: MemoryJournal;
  readonly shelves: readonly Shelf[];
  readonly #parts: RigParts;

  constructor(parts: RigParts) {
    this.#parts = parts;
    this.shelves = parts.shelves;
    const now = () => this.clock.now();
    this.journal = new MemoryJournal({now, ...parts.watching}, parts.lines);
  }

  get world(): World {
    const {runbook, shelves, params = {}} = this.#parts;
    return {
      runbook,
      params,
      targets: {
        session: async (target) => {
          const found = shelves.find(({name}) => name === target);
          if (!found) {
            throw new Error(`there is no shelf ${target}`);
          }
          return found.session;
        },
        close: async () => {},
      },
      clock: this.clock,
      run: 'r1',
      observe: (event) => this.events.push(event),
      aborting: this.aborting.signal,
      ...(this.#parts.approvals?.approvalRules
        ? {approvalRules: this.#parts.approvals.approvalRules}
        : {}),
    };
  }

  get context(): RunContext {
    const record = recordIn(this.journal, (event) => this.events.push(event));
    watchTime({clock: this.clock, record});
    return {
      ...this.world,
      record,
      operator: this.operator,
      inventory: {...inventory, protected: this.#parts.protected ?? false},
      ...(this.#parts.earlier === undefined ? {} : {earlier: this.#parts.earlier}),
      ...(this.#parts.forecast ? {forecast: this.#parts.forecast} : {}),
      stopping: this.stopping.signal,
      ...this.#parts.approvals,
      mayBeginOutage: this.#parts.mayBeginOutage,
    };
  }

  get progress(): Progress {
    const progress = progressOf(this.journal.entries);
    if (!progress) {
      throw new Error('there is no run yet');
    }
    return progress;
  }

  plan(): Promise<Plan> {
    const progress = progressOf(this.journal.entries);
    const signal = this.stopping.signal;
    return makePlan({world: this.world, inventory, signal, ...(progress ? {progress} : {})});
  }

  /** Begins a run, or resumes the one in the journal. */
  async run(until?: string): Promise<RunOutcome> {
    this.begin();
    return runForward(this.context, until);
  }

  reversePlan(to: string | null = null): Promise<ReversePlan> {
    return makeReversePlan(this.world, this.progress, to, this.stopping.signal);
  }

  async reverse(to: string | null = null): Promise<Reversal> {
    const {reversingTo} = this.progress;
    this.begin();
    return reverseRun(this.context, to ?? reversingTo?.to ?? null, 'd1');
  }

  begin(): void {
    const {runbook, params = {}, decideByUtc} = this.#parts;
    const until = decideByUtc === undefined ? {} : {decideByUtc};
    if (this.journal.entries.length === 0) {
      this.journal.append({...runStarted(runbook, params), ...until});
    } else {
      this.journal.append({kind: 'run-resumed', operator: ada, accepted: [], ...until});
    }
  }

  /** The same run in another process, later: the world stays, everything else is new. */
  reopened(parts: Partial<RigParts> = {}): Rig {
    return new Rig({...this.#parts, watching: {}, lines: this.journal.lines, ...parts});
  }

  /** What the journal tells, in short words. */
  get story(): readonly string[] {
    return this.journal.entries.map(told);
  }

  get effects(): readonly string[] {
    return this.shelves.flatMap(({effects}) => effects);
  }
}

export function runStarted(runbook: AnyRunbook, params: unknown): FactOf<'run-started'> {
  const {outage} = runbook.head;
  return {
    kind: 'run-started',
    run: 'r1',
    runbook: {
      name: runbook.head.name,
      file: 'runbooks/tidy-up.ts',
      digest: runbookDigest(runbook),
      entries: [...entryDigests(runbook)],
      ...journaledOutage(runbook),
    },
    inventory: {...inventory, file: 'inventories/pantry.yaml'},
    params: JSON.parse(JSON.stringify(params)),
    plan: 'p1',
    operator: ada,
    versions: {switcharoo: '0.1.0', node: '20'},
    rehearsal: false,
    ...(outage?.longestMs === undefined ? {} : {longestOutageMs: outage.longestMs}),
  };
}

function told(fact: JournalEntry): string {
  switch (fact.kind) {
    case 'before':
      return `before ${fact.entry} ${JSON.stringify(fact.before)}`;
    case 'action-intended':
    case 'action-performed':
      return `${fact.kind} ${fact.entry}: ${fact.does} on ${fact.target}${fact.way === 'reverse' ? ' (back)' : ''}`;
    case 'action-failed':
    case 'action-unsent':
      return `${fact.kind} ${fact.entry}: ${fact.does} on ${fact.target} (${fact.problem.code})`;
    case 'entry-done':
      return `entry-done ${fact.entry}${fact.changedByRun ? '' : ' (found)'}`;
    case 'entry-failed':
    case 'reverse-failed':
      return `${fact.kind} ${fact.entry} (${fact.problem.code})`;
    case 'run-paused':
      return `run-paused (${fact.problem?.code ?? fact.until})`;
    case 'entry-skipped':
      return `entry-skipped ${fact.entry}: ${fact.reason}`;
    case 'asked':
      return `asked ${fact.person} ${fact.about} ${fact.entry ?? ''}`;
    case 'answered':
      return `answered ${fact.about}${fact.entry === null ? '' : ` ${fact.entry}`}: ${fact.answer}`;
    case 'checkpoint-reached':
      return `checkpoint-reached ${fact.name}`;
    case 'reverse-started':
    case 'run-reversed':
      return `${fact.kind} ${fact.to ?? '(start)'}`;
    case 'entry-started':
    case 'entry-reversing':
    case 'entry-reversed':
      return `${fact.kind} ${fact.entry}`;
    default:
      return fact.kind;
  }
}
