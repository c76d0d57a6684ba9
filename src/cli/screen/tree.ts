import type {EngineEvent} from '../../engine/events.ts';
import type {Forecast} from '../../forecast/forecast.ts';
import {leftText, overrunSentences} from '../../forecast/forecast-text.ts';
import type {JournalEntry} from '../../model/journal.ts';
import type {OutageWindow} from '../../model/outage.ts';
import {factText} from '../../report/log.ts';
import type {Paint} from '../../report/paint.ts';
import type {RunReport} from '../../report/run-report.ts';
import {survivingWrite} from './broken-terminal.ts';
import {frame} from './frame.ts';
import {waitingLine} from './head-lines.ts';
import {LiveRegion} from './live-region.ts';
import {RunTasks} from './run-tasks.ts';
import {leastPictureRows, type Screen, type ScreenStream} from './screen.ts';

export interface TreeOptions {
  readonly stream: ScreenStream;
  readonly paint: Paint;
  readonly now: () => Date;
  /** What was journaled before this screen was opened. */
  readonly history?: readonly JournalEntry[];
  readonly earlier?: RunReport;
  readonly outage?: OutageWindow;
  /** How long it will still take. */
  readonly forecast?: () => Forecast | undefined;
  /** How long each entry may take, in ms. */
  readonly limits?: ReadonlyMap<string, number>;
}

/** Phases and entries as a tree at the end of the terminal, drawn in place. */
export function treeScreen(options: TreeOptions): Screen {
  return new TreeScreen(options);
}

/** The last row is the cursor's. */
const minRows = leastPictureRows + 1;
const trouble: ReadonlySet<JournalEntry['kind']> = new Set([
  'clock-set',
  'process-stopped',
  'not-shared',
]);

class TreeScreen implements Screen {
  readonly #options: TreeOptions;
  readonly #region: LiveRegion;
  readonly #tasks: RunTasks;
  readonly #showCursor = () => this.#region.leave();
  #isPaused = false;
  #unseen: EngineEvent[] = [];
  #forecast: {readonly second: number; readonly text: string | undefined} | undefined;

  constructor(options: TreeOptions) {
    const {stream, earlier, outage, limits, history = []} = options;
    this.#options = options;
    this.#region = new LiveRegion(survivingWrite(stream));
    this.#tasks = new RunTasks({
      picture: {draw: () => this.#draw(), leave: () => this.#region.leave()},
      earlier: new Map(earlier?.entries.map(({id, durationMs}) => [id, durationMs])),
      outage,
      limits,
    });
    process.once('exit', this.#showCursor);
    this.#tasks.follow(history.map((entry) => ({kind: 'journaled', entry, head: entry.prev})));
  }

  readonly observe = (event: EngineEvent): void => {
    this.#unseen.push(event);
    if (!this.#tasks.run) {
      this.#catchUp();
    }
  };

  say(warning: string): void {
    this.#catchUp();
    this.#tasks.warn(warning);
  }

  pause(rows = 0): void {
    this.#draw(rows);
    this.#isPaused = true;
    this.#region.leave();
  }

  resume(): void {
    this.#isPaused = false;
  }

  waiting(columns: number): string | undefined {
    this.#catchUp();
    const {now, paint} = this.#options;
    const {head} = this.#tasks;
    return head && waitingLine(head, {columns, now: now(), paint});
  }

  async close(): Promise<void> {
    this.#catchUp();
    await this.#tasks.end();
    process.off('exit', this.#showCursor);
  }

  /** Events wait for the next picture: the engine does not wait for pictures that nobody sees. */
  #catchUp(): void {
    const events = this.#unseen;
    this.#unseen = [];
    this.#tasks.follow(events);
    for (const event of events) {
      this.#warnOf(event);
    }
  }

  /** That time went wrong is not a matter of one entry. */
  #warnOf(event: EngineEvent): void {
    if (event.kind === 'journaled' && trouble.has(event.entry.kind)) {
      this.#tasks.warn(factText(event.entry)[0]);
    }
  }

  /** An entry that takes too long comes first. The text changes at most once a second. */
  #forecastAt(now: Date): string | undefined {
    const second = Math.floor(now.getTime() / 1000);
    if (this.#forecast?.second !== second) {
      const forecast = this.#options.forecast?.();
      const [late] = forecast ? overrunSentences(forecast) : [];
      this.#forecast = {second, text: late ?? (forecast && leftText(forecast, now))};
    }
    return this.#forecast.text;
  }

  /** `asked`: how many rows a question takes below the picture. */
  #draw(asked?: number): void {
    this.#catchUp();
    const {stream, now, paint} = this.#options;
    const {run, head} = this.#tasks;
    if (this.#isPaused || !run || !head) {
      return;
    }
    const columns = stream.columns || 80;
    // A question must not push the header off the screen: it shows the outage and the reversal.
    const rows = Math.max(minRows, (stream.rows || 24) - (asked ?? 0));
    const options = {columns, rows, now: now(), paint, asks: asked !== undefined};
    const forecast = this.#forecastAt(options.now);
    this.#region.draw(frame(run, {...head, ...(forecast ? {forecast} : {})}, options), columns);
  }
}
