import {Listr, type ListrRendererFactory, type ListrTask} from 'listr2';
import type {Progress} from '../../model/progress.ts';
import {stateSigns} from '../../report/labels.ts';
import {widthOf} from '../../report/text.ts';
import {factsOf, type Picture, RunRenderer, type RunTask, type TaskFacts} from './renderer.ts';

type RunListr = Listr<unknown, ListrRendererFactory, ListrRendererFactory>;

interface RunListOptions {
  readonly picture: Picture;
  /** How long each entry took in an earlier run, in ms. */
  readonly earlier?: ReadonlyMap<string, number> | undefined;
  /** How long each entry may take, in ms. */
  readonly limits?: ReadonlyMap<string, number> | undefined;
}

/**
 * A list of listr2 with one task, the run. The subtasks of the run are its phases, and the subtasks of a phase are its
 * entries. listr2 runs only the task of the run, until the list ends: it would start every other task on its own, and
 * could not take a finished task back. The engine starts, retries and reverses entries, so what it reports is set on
 * their tasks.
 */
export class RunList {
  /** The tasks of the entries, by id. */
  readonly entries: ReadonlyMap<string, RunTask>;
  readonly #listr: RunListr;
  #close = () => {};
  #drawing: Promise<unknown> | undefined;

  constructor({run: {runbook}, entries}: Progress, {picture, earlier, limits}: RunListOptions) {
    const closed = new Promise<void>((resolve) => {
      this.#close = resolve;
    });
    this.#listr = new Listr(
      {
        title: runbook.name,
        task: () => closed,
        rendererOptions: {facts: {sign: stateSigns.applying}},
      },
      {
        renderer: RunRenderer,
        rendererOptions: {picture},
        // Its handler would end the process, whatever the engine is doing at that moment.
        registerSignalListeners: false,
      },
    );
    const idsByPhase = groupIds(entries.values());
    const tasks = new Map<string, RunTask>();
    for (const run of this.#listr.tasks) {
      for (const phase of addSubtasks(run, [...idsByPhase.keys()])) {
        const ids = idsByPhase.get(phase.title ?? '') ?? [];
        const facts = (id: string) => ({earlierMs: earlier?.get(id), limitMs: limits?.get(id)});
        for (const entry of addSubtasks(phase, ids, facts)) {
          tasks.set(entry.title ?? '', entry);
        }
      }
    }
    this.entries = tasks;
  }

  get run(): RunTask | undefined {
    return this.#listr.tasks[0];
  }

  /** Lets listr2 draw, until `end`. */
  begin(): void {
    this.#drawing ??= this.#listr.run();
  }

  async end(): Promise<void> {
    this.#close();
    await this.#drawing;
  }
}

/** By a list of their own, which is not run: a task that runs would get its subtasks from what it returns. */
function addSubtasks(
  parent: RunTask,
  titles: readonly string[],
  facts: (title: string) => Partial<TaskFacts> = () => ({}),
): readonly RunTask[] {
  const tasks = titles.map(
    (title): ListrTask<unknown, ListrRendererFactory, ListrRendererFactory> => ({
      title,
      task: () => {},
      rendererOptions: {facts: {sign: stateSigns['not-started'], ...facts(title)}},
    }),
  );
  const {tasks: subtasks} = new Listr(tasks, parent.options, parent);
  parent.subtasks = subtasks;
  factsOf(parent).subtaskColumns = titles.reduce(
    (most, title) => Math.max(most, widthOf(title)),
    0,
  );
  return subtasks;
}

function groupIds(
  entries: Iterable<{readonly id: string; readonly phase: string}>,
): ReadonlyMap<string, readonly string[]> {
  const idsByPhase = new Map<string, string[]>();
  for (const {id, phase} of entries) {
    const ids = idsByPhase.get(phase) ?? [];
    ids.push(id);
    idsByPhase.set(phase, ids);
  }
  return idsByPhase;
}
