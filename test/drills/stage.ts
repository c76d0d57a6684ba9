import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {findLab} from '../../lab/client.ts';
import type {LabSwitch} from '../../lab/switches.ts';
import type {WatchReport} from '../../lab/watch.ts';
import type {WriteCount} from '../../lab/write-count.ts';
import {type Desk, type Ended, lastDocument, openDesk, type Started} from '../cli/switcharoo.ts';
import {type JournalWatch, watchJournal} from './journal-watch.ts';

export const runbook = 'runbooks/bare-metal-to-ecs.ts';
const begun = ['run', runbook, '-i', 'lab', '--yes'] as const;

/** A lab that is up, with clients that write the whole time, and the real command line beside it. */
export interface Stage {
  readonly desk: Desk;
  readonly journal: JournalWatch;
  /** Starts the whole cutover; nobody is asked anything. */
  startRun(...words: readonly string[]): Started;
  turn(wanted: LabSwitch): Promise<void>;
  /** Once the clients can write again, what they were told is held against the database in charge. */
  count(): Promise<WriteCount>;
  sourceRefusesWrites(): Promise<boolean>;
  /** What must never happen in a cutover, and happened; whether connections are held; who accepts writes. */
  watch(): Promise<WatchReport>;
  /** Whether every line of the journal follows from the one before it. */
  verified(): Promise<boolean>;
}

/** The words after `node` that start the cutover, for another shell than ours. */
export const runWords = (stateFolder: string): readonly string[] => [
  'bin/switcharoo.js',
  '--state-dir',
  stateFolder,
  ...begun,
];

/** Gives the work a stage of its own, and clears it away, however the work ends: by Ctrl-C, too. */
export async function onStage<Result>(work: (stage: Stage) => Promise<Result>): Promise<Result> {
  const desk = openDesk();
  let cleared: Promise<void> | undefined;
  // npm passes a Ctrl-C on that its child has had already: the second one must not end what the first one began.
  const interrupted = () => {
    cleared ??= desk.clear().finally(() => process.exit(130));
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    expectCode(await desk.run('lab', 'up'), 0);
    const journal = watchJournal(desk.stateFolder);
    try {
      return await work(stageAt(desk, journal));
    } finally {
      journal.close();
    }
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await (cleared ?? desk.clear());
  }
}

function stageAt(desk: Desk, journal: JournalWatch): Stage {
  const lab = () => {
    const found = findLab(desk.stateFolder);
    if (!found) {
      throw new Error(`the lab is gone: ${lastWordsOf(desk.stateFolder)}`);
    }
    return found;
  };
  return {
    desk,
    journal,
    startRun: (...words) => desk.start(...begun, ...words),
    turn: async (wanted) => {
      await lab().turn(wanted);
    },
    count: async () => {
      await untilWritten(async () => (await lab().count()).acknowledged);
      return lab().count();
    },
    sourceRefusesWrites: async () => {
      const {world} = await lab().status();
      return 'readOnly' in world.databases.source && world.databases.source.readOnly;
    },
    watch: () => lab().watch(),
    verified: async () => (await desk.run('log', '--verify')).code === 0,
  };
}

/** What a lab that ended by itself left in its log. */
function lastWordsOf(stateFolder: string): string {
  try {
    const {directory} = JSON.parse(readFileSync(join(stateFolder, 'lab.json'), 'utf8'));
    return readFileSync(join(directory, 'lab.log'), 'utf8').slice(-1_000);
  } catch (error) {
    return `it left no log (${error instanceof Error ? error.message : error})`;
  }
}

/** The clients wait between their tries: counted before they have come back, a lost side would look well. */
async function untilWritten(acknowledged: () => Promise<number>): Promise<void> {
  const first = await acknowledged();
  for (let tries = 0; tries < 40; tries += 1) {
    await sleep(250);
    if ((await acknowledged()) > first) {
      return;
    }
  }
}

export function expectCode(ended: Ended, code: number): Ended {
  if (ended.code !== code) {
    throw new Error(`ended with ${ended.code}, not ${code}:\n${ended.stdout}${ended.stderr}`);
  }
  return ended;
}

export {lastDocument};
