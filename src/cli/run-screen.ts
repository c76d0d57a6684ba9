import type {EngineEvent, Observe} from '../engine/events.ts';
import type {Entry} from '../model/runbook.ts';
import type {RunReport} from '../report/index.ts';
import type {Opened} from '../run/open-world.ts';
import type {Held} from '../run/run-session.ts';
import type {App} from './app.ts';
import {quietKeys} from './keys.ts';
import {openScreen, type Screen, type ScreenKind, screenKindFor} from './screen/index.ts';

/** The screen of a run, from its first entry to its end. Before and after, nothing is drawn. */
export interface Showing {
  readonly observe: Observe;
  begin(opened: Opened, held: Held): void;
  pause(rows?: number): void;
  resume(): void;
  /** Talk that would tear a picture apart is shown inside it. */
  say(text: string): void;
  close(): Promise<void>;
}

export function showRun(
  app: App,
  options: {readonly earlier?: () => RunReport | undefined; readonly how?: ScreenKind},
): Showing {
  let screen: Screen | undefined;
  let isDrawn = false;
  let giveKeysBack = () => {};
  const takeKeys = () => {
    giveKeysBack();
    giveKeysBack = screen && isDrawn ? quietKeys(process.stdin) : () => {};
  };
  return {
    observe: (event: EngineEvent) => screen?.observe(event),
    begin: ({runbook}, {journal}) => {
      const earlier = options.earlier?.();
      const {outage} = runbook.head;
      const how = app.json ? 'ndjson' : (options.how ?? screenKindFor(process.stdout, process.env));
      isDrawn = how === 'tree';
      screen = openScreen({
        how,
        stream: process.stdout,
        paint: app.paint,
        history: journal.entries,
        ...(earlier ? {earlier} : {}),
        ...(outage ? {outage} : {}),
        limits: new Map(runbook.entries.filter(isTimed).map(({id, timeoutMs}) => [id, timeoutMs])),
      });
      takeKeys();
    },
    pause: (rows) => {
      screen?.pause(rows);
      giveKeysBack();
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
      giveKeysBack();
    },
  };
}

/** A person may take as long as it takes. */
const isTimed = ({unit}: Entry): boolean => unit.name !== 'operator.confirm';
