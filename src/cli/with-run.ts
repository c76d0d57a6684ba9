import type {ExitCode} from '../run/exit-codes.ts';
import type {RunOptions} from '../run/open-run.ts';
import {earlierReport} from '../run/past-runs.ts';
import type {Run} from '../run/run.ts';
import type {App} from './app.ts';
import {type RunScreen, runScreen} from './run-screen.ts';
import type {ScreenKind} from './screen/index.ts';
import {listenToSignals, type ProcessSignals} from './signals.ts';
import {terminalOperator} from './terminal-operator.ts';

/** What connects a run to this terminal. */
type Connection = Pick<RunOptions, 'observe' | 'onBegin' | 'operator' | 'signals'>;

interface RunAtTerminal {
  readonly open: (connection: Connection) => Promise<Run>;
  /** Instead of the screen that fits the terminal. */
  readonly how?: ScreenKind;
  /** Instead of signals of its own. */
  readonly signals?: ProcessSignals;
  /** Shows durations beside those of the last comparable run. */
  readonly compares?: boolean;
}

interface Around {
  readonly screen: RunScreen;
}

/** Opens a run with a screen, a person to ask and signals, and closes all of it in any case. */
export async function withRun(
  app: App,
  {open, how, signals: given, compares = false}: RunAtTerminal,
  work: (run: Run, around: Around) => Promise<ExitCode>,
): Promise<ExitCode> {
  const signals = given ?? listenToSignals(app.say);
  const earlier = (runbook: string, name: string) => earlierReport(app, runbook, name);
  const screen = runScreen(app, {how, ...(compares ? {earlier} : {})});
  signals.printBy(screen.say);
  let run: Run | undefined;
  try {
    run = await open({
      observe: screen.observe,
      onBegin: screen.begin,
      signals,
      ...personAt(app, screen),
    });
    return await work(run, {screen});
  } finally {
    try {
      await screen.close();
    } finally {
      await run?.close();
      if (!given) {
        signals.dispose();
      }
    }
  }
}

/** The person at the terminal; a program that reads JSON is not asked. */
function personAt(app: App, screen: RunScreen): Pick<RunOptions, 'operator'> {
  return app.terminal && !app.json
    ? {operator: terminalOperator({screen, user: app.operator.user, paint: app.paint})}
    : {};
}
