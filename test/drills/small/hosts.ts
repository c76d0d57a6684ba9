import type {JournalEntry} from '../../../src/model/journal.ts';
import {SwitcharooError} from '../../../src/model/problem.ts';
import {openRun, type RunOptions, reopenRun} from '../../../src/run/open-run.ts';
import {openStore} from '../../../src/run/open-store.ts';
import type {Run} from '../../../src/run/run.ts';
import {sharedRunIn} from '../../../src/run/shared-run.ts';
import {takeOverRun} from '../../../src/run/take-over-run.ts';
import {type SmallHost, type SmallStage, smallRunbook} from './stage.ts';

const never = new AbortController().signal;

/** What came of a command on a host: `done`, `paused`, or the code of the problem. */
export interface Came {
  readonly end: string;
  /** When it ended, as `performance.now()` counts. */
  readonly atMs: number;
}

const came = (work: Promise<string>): Promise<Came> =>
  work
    .catch((error: unknown) => {
      if (error instanceof SwitcharooError) {
        return error.problem.code;
      }
      throw error;
    })
    .then((end) => ({end, atMs: performance.now()}));

/** The application layer of a command, as the command line calls it. */
async function working(
  opening: Promise<Run>,
  work: (run: Run) => ReturnType<Run['forward']>,
): Promise<{readonly name: string; readonly end: string}> {
  const run = await opening;
  try {
    const result = await work(run);
    return {name: run.name, end: 'problem' in result ? result.problem.code : result.kind};
  } finally {
    await run.close();
  }
}

const forward = async (run: Run) => run.forward(await run.plan());

/** Gives the name of the run, and how it ended. */
export function begun({inventory}: SmallStage, host: SmallHost, options: RunOptions) {
  const request = {runbook: smallRunbook, inventory, yes: true, ...options};
  return working(openRun(request, host), forward);
}

export const resumed = (run: string, host: SmallHost): Promise<Came> =>
  came(working(reopenRun({run, yes: true}, host), forward).then(({end}) => end));

export const reversed = (
  run: string,
  host: SmallHost,
  options: Pick<RunOptions, 'alone'> = {},
): Promise<Came> =>
  came(
    working(reopenRun({run, yes: true, ...options}, host), async (opened) =>
      opened.reverse(await opened.planReversal(null)),
    ).then(({end}) => end),
  );

/** What the next plan with this inventory does first: it shares what could not be shared. */
export const caughtUp = ({inventory}: SmallStage, host: SmallHost): Promise<Came> =>
  came(
    (async () => {
      const run = await openRun({runbook: smallRunbook, inventory, yes: true}, host);
      try {
        await run.plan();
        return 'planned';
      } finally {
        await run.close();
      }
    })(),
  );

/** `isSure`: `--now`. */
export const takenOver = (
  {inventory}: SmallStage,
  {run, host, isSure}: {readonly run: string; readonly host: SmallHost; readonly isSure: boolean},
): Promise<Came> =>
  came(
    (async () => {
      const {store, close} = await openStore(host, inventory, never);
      try {
        const shared = await sharedRunIn(store, run, never);
        const taking = {...{host, store, shared, isSure}, whenTaken: async () => {}};
        await takeOverRun({...taking, waiting: () => {}}, never);
        return 'taken over';
      } finally {
        await close();
      }
    })(),
  );

/** The journal of a run as a host has it. */
export function textOn({state}: SmallHost, run: string): string {
  const path = state.journalOf(run);
  return state.disk.exists(path) ? state.disk.read(path).toString('utf8') : '';
}

export const entriesIn = (text: string): readonly JournalEntry[] =>
  text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as JournalEntry);

/** The journal of a run as the store has it. */
export const textInStore = ({s3}: SmallStage, run: string): string =>
  Object.entries(s3.contents('cutovers'))
    .filter(([key]) => key.startsWith(`small/${run}/`))
    .map(([, text]) => text)
    .join('');
