import type {EngineEvent, Observe} from '../engine/events.ts';
import type {Entry} from '../model/entry.ts';
import type {RunReport} from '../report/index.ts';
import type {Run} from '../run/run.ts';
import type {App} from './app.ts';
import {openScreen, type Screen, type ScreenKind, screenKindFor} from './screen/index.ts';
import {swallowKeys} from './terminal-keys.ts';

/** The screen of a run, from its first entry to its end. Before and after, nothing is drawn. */
export interface RunScreen {
  readonly observe: Observe;
  begin(run: Run): void;
  pause(rows?: number): void;
  resume(): void;
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
  let isDrawn = false;
  let releaseKeys = () => {};
  const takeKeys = () => {
    releaseKeys();
    releaseKeys = screen && isDrawn ? swallowKeys(process.stdin) : () => {};
  };
  return {
    observe: (event: EngineEvent) => screen?.observe(event),
    begin: ({name, runbook, entries}) => {
      const how = app.json ? 'ndjson' : (options.how ?? screenKindFor(process.stdout, process.env));
      isDrawn = how === 'tree';
      const {outage} = runbook.head;
      const earlier = options.earlier?.(runbook.head.name, name);
      screen = openScreen({
        how,
        stream: process.stdout,
        paint: app.paint,
        history: entries,
        ...(earlier ? {earlier} : {}),
        ...(outage ? {outage} : {}),
        limits: new Map(runbook.entries.filter(isTimed).map(({id, timeoutMs}) => [id, timeoutMs])),
      });
      takeKeys();
    },
    pause: (rows) => {
      screen?.pause(rows);
      releaseKeys();
    },
    resume: () => {
      takeKeys();
      screen?.resume();
    },
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

/** A person may take as long as needed. */
const isTimed = ({unit}: Entry): boolean => unit.name !== 'operator.confirm';
