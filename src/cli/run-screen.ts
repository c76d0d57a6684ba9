import type {EngineEvent, Observe} from '../engine/events.ts';
import {isOpenedByPerson} from '../model/approve.ts';
import type {Entry} from '../model/entry.ts';
import type {RunReport} from '../report/index.ts';
import type {Run} from '../run/run.ts';
import type {App} from './app.ts';
import {reversalPlanText} from './reversal-plan.ts';
import {openScreen, type Screen, type ScreenKind, screenKindFor} from './screen/index.ts';
import {swallowKeys} from './terminal-keys.ts';
import {tellProgress} from './waiting-line.ts';

/** The screen of a run, from its first entry to its end. Before and after, nothing is drawn. */
export interface RunScreen {
  readonly observe: Observe;
  begin(run: Run): void;
  pause(rows?: number): void;
  resume(): void;
  /** What the picture would say of the question below it by now, if one is drawn. */
  waiting(columns: number): string | undefined;
  /** Prints a message inside the picture, if one is drawn. */
  say(text: string): void;
  close(): Promise<void>;
}

interface RunScreenOptions {
  /** The last comparable run of a runbook, except this run. */
  readonly earlier?: (runbook: string, run: string) => RunReport | undefined;
  /** Instead of the kind that fits the terminal. */
  readonly how?: ScreenKind | undefined;
}

export function runScreen(app: App, options: RunScreenOptions = {}): RunScreen {
  let screen: Screen | undefined;
  let [isDrawn, isHeld] = [false, false];
  const planning = {observe: tellProgress(app)};
  let releaseKeys = () => {};
  const takeKeys = () => {
    releaseKeys();
    releaseKeys = screen && isDrawn ? swallowKeys(process.stdin) : () => {};
  };
  const resume = () => {
    isHeld = false;
    takeKeys();
    screen?.resume();
  };
  // The picture stays away until the question below the plan is answered, or the reversal begins without one.
  const showReversal = (planned: Extract<EngineEvent, {kind: 'reverse-planned'}>) => {
    if (screen && !app.json) {
      const text = `\n${reversalPlanText(app, planned)}`;
      screen.pause(text.split('\n').length);
      releaseKeys();
      isHeld = true;
      app.print(text);
    }
  };
  return {
    observe: (event: EngineEvent) => {
      (screen ?? planning).observe(event);
      if (event.kind === 'reverse-planned') {
        showReversal(event);
      } else if (isHeld && event.kind === 'journaled' && event.entry.kind !== 'asked') {
        resume();
      }
    },
    begin: (run) => {
      const how = app.json ? 'ndjson' : (options.how ?? screenKindFor(process.stdout, process.env));
      isDrawn = how === 'tree';
      screen = screenOf(run, how, {app, options});
      takeKeys();
    },
    pause: (rows) => {
      screen?.pause(rows);
      releaseKeys();
    },
    resume,
    waiting: (columns) => screen?.waiting?.(columns),
    say: (text) => {
      if (screen?.say) {
        screen.say(text);
      } else {
        app.say(text);
      }
    },
    close: async () => {
      const closing = screen;
      screen = undefined;
      await closing?.close();
      releaseKeys();
    },
  };
}

function screenOf(
  {name, runbook, entries, now, forecastNow}: Run,
  how: ScreenKind,
  {app, options}: {readonly app: App; readonly options: RunScreenOptions},
): Screen {
  const {outage} = runbook.head;
  const earlier = options.earlier?.(runbook.head.name, name);
  return openScreen({
    how,
    stream: process.stdout,
    paint: app.paint,
    now,
    history: entries,
    ...(earlier ? {earlier} : {}),
    ...(outage ? {outage} : {}),
    forecast: forecastNow,
    limits: new Map(runbook.entries.filter(isTimed).map(({id, timeoutMs}) => [id, timeoutMs])),
  });
}

/** A person may take as long as needed. */
const isTimed = ({unit}: Entry): boolean => !isOpenedByPerson(unit);
