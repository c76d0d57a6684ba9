import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {inFlightIn} from '../../src/model/in-flight.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {appliedEntries, progressOf} from '../../src/model/progress.ts';
import {type Desk, type Ended, lastDocument, openDesk, type Started} from '../cli/switcharoo.ts';
import type {KillsOptions} from './lab-kills.ts';
import {expectCode, onStage, runbook, type Stage} from './stage.ts';
import {rowText} from './table.ts';
import {wordsOf} from './words.ts';

/** What happens to the first host at a barrier. */
const events = ['killed', 'killed, answer lost', 'stopped for a while', 'store away'] as const;
type Event = (typeof events)[number];

interface Taken {
  readonly problems: readonly string[];
}

const widths = [4, 34, 22, 8, 6];

/**
 * The real program on two state folders with one store. The first host is lost at barriers all over the cutover; the
 * second takes the run over, and ends it forward or back.
 */
export async function drillTwoHosts({
  points,
  only,
  seed,
  say,
}: KillsOptions): Promise<readonly Taken[]> {
  const barriers = await onStage(async (stage) => {
    expectCode(await stage.startRun('--json').ended, 0);
    stage.journal.read();
    return stage.journal.entries.flatMap((entry, index) =>
      entry.kind === 'action-intended' && entry.way === 'forward' ? [{entry, index}] : [],
    );
  });
  const step = Math.max(1, barriers.length / points);
  const chosen = Array.from({length: Math.min(points, barriers.length)}, (_, at) => {
    return barriers[Math.floor(at * step)];
  });
  say(`seed ${seed}: ${chosen.length} of the ${barriers.length} barriers of a cutover`);
  say(rowText(['', 'barrier', 'first host', 'then', 'result'], widths));
  const results: Taken[] = [];
  for (const [at, barrier] of chosen.entries()) {
    if (!barrier || (only && !only.includes(at + 1))) {
      continue;
    }
    const event = events[(at + seed) % events.length] ?? 'killed';
    const way = (at + seed) % 2 === 0 ? 'resume' : 'reverse';
    const number = barriers.filter(({index}) => index < barrier.index).length;
    const result = await takeOverAt(number, event, way);
    results.push(result);
    const {entry} = barrier.entry;
    const end = result.problems.length === 0 ? 'passed' : `FAILED: ${result.problems.join('; ')}`;
    say(rowText([`${at + 1}`, entry, event, way, end], widths));
  }
  return results;
}

function takeOverAt(number: number, event: Event, way: 'resume' | 'reverse'): Promise<Taken> {
  return onStage(async (stage) => {
    const second = openDesk();
    try {
      const inventory = sharedInventory(stage.desk, second);
      const first = stage.desk.start('run', runbook, '-i', inventory, '--yes', '--json');
      await reachBarrier(stage, number, event);
      return {problems: await takeOver({stage, first, second, inventory}, event, way)};
    } finally {
      await second.clear();
    }
  });
}

/** The same file for both. */
function sharedInventory(first: Desk, second: Desk): string {
  copyFileSync(join(first.stateFolder, 'lab.env'), join(second.stateFolder, 'lab.env'));
  const inventory = join(first.stateFolder, 'shared.yaml');
  writeFileSync(inventory, `${readFileSync('inventories/lab.yaml', 'utf8')}\nstore: journals\n`);
  return inventory;
}

/** Returns when so many intents are on the disk of the first host: it waits for the store, or has its answer. */
async function reachBarrier({journal, turn}: Stage, number: number, event: Event): Promise<void> {
  const intents = () => journal.entries.filter(isForwardIntent).length;
  const never = new AbortController().signal;
  if (event === 'killed, answer lost' || event === 'store away') {
    await journal.until(() => intents() >= number, never);
    const kind = event === 'store away' ? 'server-error' : 'cut-after';
    await turn({what: 'aws', service: 's3', operation: 'PutObject', kind, times: 1_000} as never);
  }
  await journal.until(() => intents() > number, never);
}

const isForwardIntent = (entry: JournalEntry): boolean =>
  entry.kind === 'action-intended' && entry.way === 'forward';

interface Scene {
  readonly stage: Stage;
  readonly first: Started;
  readonly second: Desk;
  readonly inventory: string;
}

async function takeOver(scene: Scene, event: Event, way: 'resume' | 'reverse') {
  const {stage, first, second, inventory} = scene;
  const {child} = first;
  if (event === 'stopped for a while') {
    child.kill('SIGSTOP');
  } else if (event !== 'store away') {
    child.kill('SIGKILL');
  }
  if (event === 'store away') {
    await first.ended;
  }
  await stage.turn({what: 'aws-well'} as never);
  const run = String(lastDocument(await stage.desk.run('runs', '--json')).runs.at(-1)?.run);
  // Nothing of a process that was killed is under way; the lab has done what it was sent.
  const sure = event === 'stopped for a while' ? [] : ['--now'];
  const words = ['take-over', run, '-i', inventory, '--name', run, '--json', ...sure];
  const taking = second.start(...words);
  if (event === 'stopped for a while') {
    // One that failed says why below.
    await taking.said('is yours now', 'stderr').catch(() => {});
    child.kill('SIGCONT');
  }
  const [taken, lost] = await Promise.all([taking.ended, first.ended]);
  if (taken.code !== 0) {
    return [`take-over ended with ${taken.code}: ${wordsOf(taken)}`];
  }
  const entries = entriesOf(second, run);
  const at = entries.findLast(({kind}) => kind === 'lock-taken-over')?.seq ?? 0;
  // The end of an action that it had shared before is its own; one that it began after the loss is not.
  const own = entriesOf(stage.desk, run);
  const loser = own.filter(({seq}) => seq >= at);
  const awaited = inFlightIn(own.filter(({seq}) => seq < at)).map(({does}) => does);
  const began = loser.flatMap((entry) =>
    entry.kind === 'action-intended' && !awaited.includes(entry.does) ? [entry.does] : [],
  );
  const acted = loser.filter(
    (entry) => entry.kind === 'action-performed' && began.includes(entry.does),
  );
  const problems = [
    ...acted.map(({seq}) => `the loser acted (#${seq})`),
    ...(event === 'stopped for a while' && !lost.stdout.includes('"lock-lost"')
      ? [`the loser was not told: ${wordsOf(lost)}`]
      : []),
  ];
  return [...problems, ...(await endOf(scene, run, way))];
}

const entriesOf = ({stateFolder}: Desk, run: string): readonly JournalEntry[] =>
  readFileSync(join(stateFolder, run, 'journal.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The second host ends the run; then the lab counts, and the store is held against its journal. */
async function endOf({stage, second, inventory}: Scene, run: string, wanted: 'resume' | 'reverse') {
  const progress = progressOf(entriesOf(second, run));
  const hasChanges = progress !== undefined && appliedEntries(progress).length > 0;
  const canReverse = hasChanges && !progress.passedPointOfNoReturn;
  const way = wanted === 'reverse' && canReverse ? 'reverse' : 'resume';
  const ended: Ended = await second.run(way, run, '--yes', '--json');
  const {inCharge, lost, duplicated} = await stage.count();
  const verified = await second.run('log', run, '--verify', '--shared', inventory, '--json');
  const own = await second.run('log', run, '--verify', '--json');
  const heads = [verified, own].map((each) => lastDocument(each).head);
  const expected = way === 'resume' ? 'aurora' : 'source';
  return [
    ...(ended.code === 0 ? [] : [`${way} ended with ${ended.code}: ${wordsOf(ended)}`]),
    ...(inCharge === expected ? [] : [`${inCharge} is in charge`]),
    ...(lost === 0 ? [] : [`${lost} writes lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} writes duplicated`]),
    ...(verified.code === 0 && heads[0] === heads[1] ? [] : ['the store differs from the journal']),
  ];
}
