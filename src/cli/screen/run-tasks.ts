import type {EngineEvent} from '../../engine/events.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {noOutage, type Outage, type OutageWindow, outageAfter} from '../../model/outage.ts';
import {type Progress, progressAfter} from '../../model/progress.ts';
import {reversalText} from '../../report/status.ts';
import {updateOutput, updateState} from './entry-task.ts';
import {updatePhase} from './phase-task.ts';
import type {Picture, RunTask} from './renderer.ts';
import type {RunHead} from './run-head.ts';
import {RunList} from './run-list.ts';
import {withDetail, withEvent} from './task-output.ts';

interface RunTasksOptions {
  readonly picture: Picture;
  readonly outage?: OutageWindow | undefined;
  /** How long each entry took in an earlier run, in ms. */
  readonly earlier?: ReadonlyMap<string, number> | undefined;
  /** How long each entry may take, in ms. */
  readonly limits?: ReadonlyMap<string, number> | undefined;
}

/** Keeps the tasks of listr2 at what the engine reports. Nothing else of an entry is kept to be shown. */
export class RunTasks {
  readonly #options: RunTasksOptions;
  #list: RunList | undefined;
  #progress: Progress | undefined;
  #outage: Outage = noOutage;
  #last: RunTask | undefined;
  #warning: string | undefined;

  constructor(options: RunTasksOptions) {
    this.#options = options;
  }

  /** The task of the run, after its start was reported. */
  get run(): RunTask | undefined {
    return this.#list?.run;
  }

  /** What is shown above and below the tasks. */
  get head(): RunHead | undefined {
    const progress = this.#progress;
    return (
      progress && {
        outcome: progress.outcome,
        inventory: progress.run.inventory,
        startedAt: progress.startedAt,
        reversal: reversalText(progress),
        isReversing: progress.reversingTo !== undefined,
        outage: this.#outage,
        question: progress.questions.at(-1),
        last: this.#last,
        warning: this.#warning,
      }
    );
  }

  warn(text: string): void {
    this.#warning = text;
  }

  /** Updates a phase once for all events: 10,000 entries are not counted again for each event. */
  follow(events: Iterable<EngineEvent>): void {
    const phases = new Set<RunTask>();
    for (const event of events) {
      for (const {parent} of this.#follow(event)) {
        if (parent) {
          phases.add(parent);
        }
      }
    }
    for (const phase of phases) {
      updatePhase(phase);
    }
    this.#list?.begin();
  }

  async end(): Promise<void> {
    await this.#list?.end();
  }

  /** The entries with a new state. */
  #follow(event: EngineEvent): Iterable<RunTask> {
    switch (event.kind) {
      case 'journaled':
        return this.#followJournal(event.entry);
      case 'progress':
        this.#setOutput(event.entry, (output) => withDetail(output, event.text));
        return [];
      case 'event':
        this.#setOutput(event.entry, (output) => withEvent(output, event.text));
        return [];
      case 'warning':
        this.warn(event.problem.message);
        return [];
      case 'planned':
      case 'reverse-planned':
        return [];
    }
  }

  #setOutput(id: string, next: (output: string | undefined) => string): void {
    const task = this.#list?.entries.get(id);
    if (task) {
      task.output$ = next(task.output);
    }
  }

  #followJournal(fact: JournalEntry): readonly RunTask[] {
    const progress = progressAfter(this.#progress, fact);
    if (!progress) {
      return [];
    }
    this.#progress = progress;
    this.#list ??= new RunList(progress, this.#options);
    const {entries} = this.#list;
    const id = 'entry' in fact ? fact.entry : null;
    this.#followOutage(progress, id);
    const touched = id === null ? undefined : entries.get(id);
    if (touched) {
      this.#last = touched;
      updateOutput(touched, fact);
    }
    const isOfAll = fact.kind === 'run-started' || fact.kind === 'run-reversed';
    const changed = isOfAll ? [...entries.values()] : touched ? [touched] : [];
    for (const task of changed) {
      const entry = progress.entries.get(task.title ?? '');
      if (entry) {
        updateState(task, entry);
      }
    }
    return changed;
  }

  /** An outage starts and ends with the entries of its window: for the others it need not look at all entries. */
  #followOutage(progress: Progress, id: string | null): void {
    const {outage: window} = this.#options;
    const names = id === null ? [] : [id, progress.entries.get(id)?.unit];
    const isOutside = ({from, until}: OutageWindow) =>
      !names.some((name) => name !== undefined && [...from, ...until].includes(name));
    if (window && (id === null || !isOutside(window))) {
      this.#outage = outageAfter(this.#outage, progress, window);
    }
  }
}
