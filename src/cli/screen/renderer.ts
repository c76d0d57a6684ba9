import type {ListrRenderer, ListrRendererFactory, ListrTaskObject} from 'listr2';
import type {Sign} from '../../report/labels.ts';

/** A task of listr2: a run, a phase or an entry. */
export type RunTask = ListrTaskObject<unknown, ListrRendererFactory, ListrRendererFactory>;

/** Facts of a task for which listr2 has no field. They are its options for the renderer. */
export interface TaskFacts {
  /** How the state is shown. listr2 has one state for `checking` and `applying`. */
  sign: Sign;
  /** When the present attempt started, forward or in reverse. */
  attemptAt?: Date;
  startedAt?: Date | undefined;
  doneAt?: Date | undefined;
  /** How wide the widest title of its subtasks is, in columns. */
  subtaskColumns?: number;
  /** How long the entry took in an earlier run, in ms. */
  readonly earlierMs?: number | undefined;
  /** How long the entry may take, in ms. */
  readonly limitMs?: number | undefined;
}

export const factsOf = ({rendererTaskOptions}: RunTask): TaskFacts => rendererTaskOptions['facts'];

/** Draws the task of a run, and gives the terminal back in the end. */
export interface Picture {
  draw(run: RunTask): void;
  leave(): void;
}

const frameMs = 100;

/**
 * A listr2 renderer that draws at most ten times a second, and only what is on the screen. listr2's own default
 * renderer draws its whole tree again for every change of every task: 1,000 tasks took it 285 s.
 */
export class RunRenderer implements ListrRenderer {
  static nonTTY = true;
  static rendererOptions: {readonly picture: Picture};
  static rendererTaskOptions: {readonly facts: TaskFacts};

  readonly #tasks: readonly RunTask[];
  readonly #picture: Picture;
  #timer: NodeJS.Timeout | undefined;

  constructor(tasks: readonly RunTask[], {picture}: {readonly picture: Picture}) {
    this.#tasks = tasks;
    this.#picture = picture;
  }

  render(): void {
    this.#timer = setInterval(() => this.#draw(), frameMs).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#picture.leave();
  }

  #draw(): void {
    for (const run of this.#tasks) {
      this.#picture.draw(run);
    }
  }
}
