import {Listr, type ListrTask} from 'listr2';
import type {EngineEvent} from '../../engine/events.ts';
import type {JournalEntry} from '../../model/journal.ts';
import type {EntryState, Progress} from '../../model/progress.ts';
import type {OutageWindow} from '../../report/outage.ts';
import type {Paint} from '../../report/paint.ts';
import type {RunReport} from '../../report/run-report.ts';
import {survivingWrite} from './broken-terminal.ts';
import {frame} from './frame.ts';
import {LiveRegion} from './live-region.ts';
import {PictureRenderer} from './renderer.ts';
import type {Screen, ScreenStream} from './screen.ts';
import {emptyView, viewAfter, viewAfterEntry} from './view.ts';

export interface TreeOptions {
  readonly stream: ScreenStream;
  readonly paint: Paint;
  readonly now: () => Date;
  /** What was journaled before this screen was opened. */
  readonly history?: readonly JournalEntry[];
  readonly earlier?: RunReport;
  readonly outage?: OutageWindow;
  /** How long each entry may take, in ms. */
  readonly limits?: ReadonlyMap<string, number>;
}

/** Phases and entries as a tree at the end of the terminal, drawn in place. */
export function treeScreen({
  stream,
  paint,
  now,
  history = [],
  earlier,
  outage,
  limits,
}: TreeOptions): Screen {
  const region = new LiveRegion(survivingWrite(stream));
  const earlierMs = new Map(earlier?.entries.map(({id, durationMs}) => [id, durationMs]));
  let view = history.reduce((view, entry) => viewAfterEntry(view, entry, outage), emptyView);
  let paused = false;
  let unseen: EngineEvent[] = [];
  // Only what is drawn is worth a fold: the engine does not wait for pictures that nobody sees.
  const catchUp = () => {
    view = unseen.reduce((view, event) => viewAfter(view, event, outage), view);
    unseen = [];
    list.follow(view.progress);
  };
  const draw = (asked?: number) => {
    catchUp();
    const asks = asked !== undefined;
    const columns = stream.columns || 80;
    // What comes below it must not push the header off the screen: there stand the outage and the way back.
    const rows = Math.max(leastRows, (stream.rows || 24) - (asked ?? 0));
    if (!paused && view.progress) {
      region.draw(
        frame(view, {
          ...{columns, rows, now: now(), paint, earlier: earlierMs, asks},
          ...(limits ? {limits} : {}),
        }),
        columns,
      );
    }
  };
  const list = new TaskList({draw: () => draw(), leave: () => region.leave()});
  const showCursor = () => region.leave();
  process.once('exit', showCursor);
  catchUp();
  return {
    observe: (event) => {
      unseen.push(event);
      if (!view.progress) {
        catchUp();
      }
    },
    say: (warning) => {
      catchUp();
      view = {...view, warning};
    },
    pause: (asked = 0) => {
      draw(asked);
      paused = true;
      region.leave();
    },
    resume: () => {
      paused = false;
    },
    close: async () => {
      catchUp();
      await list.end();
      process.off('exit', showCursor);
    },
  };
}

const leastRows = 6;

const over: ReadonlySet<EntryState> = new Set(['done', 'skipped', 'reversed']);

/**
 * The run as a Listr: phases, and in them entries, each a task that lasts until the journal says that it is over. Listr
 * begins and ends the drawing. What is drawn is folded from the journal and not read from Listr's tasks, because those
 * cannot go back: an entry that is tried again, or reversed, is under way for a second time.
 */
class TaskList {
  readonly #picture: {draw(): void; leave(): void};
  #progress: Progress | undefined;
  #running: Promise<unknown> | undefined;
  #waiting: (() => void) | undefined;
  #ended = false;

  constructor(picture: {draw(): void; leave(): void}) {
    this.#picture = picture;
  }

  follow(progress: Progress | undefined): void {
    this.#progress = progress;
    if (progress && !this.#running) {
      this.#running = this.#begin(progress);
    }
    this.#waiting?.();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#waiting?.();
    await this.#running;
  }

  #begin({entries}: Progress): Promise<unknown> {
    const all = [...entries.values()];
    const phases = [...new Set(all.map(({phase}) => phase))].map(
      (phase): ListrTask => ({
        title: phase,
        task: (_context, task) =>
          task.newListr(
            all
              .filter((entry) => entry.phase === phase)
              .map(({id}) => ({title: id, task: () => this.#until(id)})),
          ),
      }),
    );
    return new Listr(this.#untilEnd(phases), {
      renderer: PictureRenderer,
      rendererOptions: {picture: this.#picture},
      // Its handler would end the process, whatever the engine is doing at that moment.
      registerSignalListeners: false,
    }).run();
  }

  /** A run that is done may still say something: the drawing ends when the screen is closed. */
  #untilEnd(phases: readonly ListrTask[]): ListrTask[] {
    return [...phases, {task: () => this.#wait(() => this.#ended)}];
  }

  #until(id: string): Promise<void> {
    return this.#wait(
      () => this.#ended || over.has(this.#progress?.entries.get(id)?.state ?? 'done'),
    );
  }

  async #wait(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}
