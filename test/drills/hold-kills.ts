import {setTimeout as sleep} from 'node:timers/promises';
import type {LabSwitch} from '../../lab/switches.ts';
import {violationsIn} from '../../src/cli/actions/lab-watch.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import type {Started} from '../cli/switcharoo.ts';
import {expectCode, onStage, type Stage} from './stage.ts';
import {rowText} from './table.ts';
import {wordsOf} from './words.ts';

/** A line of the journal, from a hold to its release, at which something happens to the run. */
export interface HoldPoint {
  readonly of: 'cutover' | 'reversal';
  readonly entry: string;
  readonly kind: JournalEntry['kind'];
  /** Which of the lines of this kind, from 0. */
  readonly nth: number;
  /**
   * Killed with -9; or cut off from the hosts, and each connection to a database dropped; or Aurora fails over, with
   * `read_only = 1` in its parameter group until writes are opened.
   */
  readonly how: 'kill' | 'cut' | 'failover';
  readonly way: 'resume' | 'reverse';
  /** Nobody goes on before the kernel has released the hosts by itself. */
  readonly waits: boolean;
}

export interface HoldResult {
  readonly point: HoldPoint;
  readonly ended: string;
  readonly problems: readonly string[];
}

export const seamless = 'runbooks/seamless-cutover.ts';
const held = [
  'hold',
  'freeze',
  'replica-caught-up',
  'aurora-caught-up',
  'source-unchanged',
  'open-writes',
  'forward',
  'release',
];
const kinds = {
  cutover: ['entry-started', 'before', 'action-intended', 'action-performed', 'entry-done'],
  reversal: ['entry-reversing', 'action-intended', 'action-performed', 'entry-reversed'],
};
/** The bound of the lab's hold, and what a busy machine adds. */
const boundMs = 10_000;
const reasonableMs = 5_000;

/**
 * Every line of a cutover from its hold to its release: killed, cut off, failed over; resumed and reversed in turn. Or
 * every line of its reversal, which can only be reversed further.
 */
export function holdPointsOf(
  entries: readonly JournalEntry[],
  of: HoldPoint['of'] = 'cutover',
): readonly HoldPoint[] {
  const places = entries.flatMap((line, index) => {
    const entry = 'entry' in line && line.entry !== null ? line.entry : '';
    const {kind} = line;
    return held.includes(entry) && kinds[of].includes(kind)
      ? [{entry, kind, nth: entries.slice(0, index).filter(isLine(entry, kind)).length}]
      : [];
  });
  return places.flatMap((place, index) =>
    (['kill', 'cut', 'failover'] as const).map((how, turn) => ({
      ...{of, how, ...place},
      way: of === 'cutover' && (index + turn) % 2 === 0 ? 'resume' : 'reverse',
      waits: (index + turn) % 6 < 2,
    })),
  );
}

const isLine = (entry: string, kind: string) => (line: JournalEntry) =>
  line.kind === kind && 'entry' in line && line.entry === entry;

/** All of it in one lab and one run: a ring can be cut over and back again and again. */
export async function drillHold({
  only,
  say,
}: {
  readonly only: readonly number[] | undefined;
  readonly say: (text: string) => void;
}): Promise<readonly HoldResult[]> {
  const results: HoldResult[] = [];
  await onStage(async (stage) => {
    await prepareForHold(stage);
    const from = stage.journal.entries.length;
    expectCode(await stage.desk.run('resume', '--yes', '--until', 'cut-over'), 0);
    stage.journal.read();
    const cutover = holdPointsOf(stage.journal.entries.slice(from));
    const until = stage.journal.entries.length;
    await backToPrepared(stage);
    stage.journal.read();
    const points = [...cutover, ...holdPointsOf(stage.journal.entries.slice(until), 'reversal')];
    say(`${points.length} points`);
    for (const [index, point] of points.entries()) {
      if (only === undefined || only.includes(index + 1)) {
        const result = await strikeAt(stage, point);
        results.push(result);
        say(
          rowText([`${index + 1}`, holdPointText(point), result.ended, verdictOf(result)], widths),
        );
      }
    }
  });
  return results;
}

const widths = [4, 60, 16];

const verdictOf = ({problems}: HoldResult) =>
  problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`;

export const holdPointText = ({of, entry, kind, nth, how, way, waits}: HoldPoint): string =>
  `${of}, ${how} at ${entry}: ${kind}${nth > 0 ? ` ${nth + 1}` : ''}, ${waits ? 'wait, ' : ''}${way}`;

export async function prepareForHold(stage: Stage): Promise<void> {
  const words = ['run', seamless, '-i', 'lab', '--yes', '--until', 'prepared'];
  let ended = await stage.desk.run(...words);
  // Blocked: servers that did not answer in time, on a machine that is busy. Nothing was changed.
  for (let tries = 0; ended.code === 3 && tries < 5; tries += 1) {
    ended = await stage.desk.run(...words);
  }
  expectCode(ended, 0);
  stage.journal.read();
}

const backToPrepared = async (stage: Stage): Promise<void> =>
  void expectCode(await stage.desk.run(...backward), 0);

const forward = ['resume', '--yes', '--until', 'cut-over'];
const backward = ['reverse', '--to', 'prepared', '--yes'];

/** Goes forward from `prepared`, and back, strikes, goes on as the point says, and ends at `prepared` again. */
export async function strikeAt(stage: Stage, point: HoldPoint): Promise<HoldResult> {
  if (point.of === 'reversal') {
    expectCode(await stage.desk.run(...forward), 0);
  }
  stage.journal.read();
  const from = stage.journal.entries.length;
  const run = stage.desk.start(...(point.of === 'cutover' ? forward : backward));
  const over = new AbortController();
  void run.ended.then(() => over.abort());
  const isThere = () =>
    stage.journal.entries.slice(from).filter(isLine(point.entry, point.kind)).length > point.nth;
  await stage.journal.until(isThere, over.signal);
  await strike(stage, run, point);
  const {code, signal} = await run.ended;
  await turnAll(stage, mended);
  const problems = point.waits ? await notReleasedByItself(stage) : [];
  const isDone = code === 0;
  const words = point.way === 'resume' ? forward : backward;
  if (!(isDone && (point.way === 'resume' || point.of === 'reversal'))) {
    problems.push(...problemIn(await stage.desk.run(...words), point.way));
  }
  problems.push(...(await problemsAfter(stage, point.way)));
  if (point.way === 'resume') {
    problems.push(...problemIn(await stage.desk.run(...backward), 'reverse'));
    problems.push(...(await problemsAfter(stage, 'reverse')));
  }
  return {point, ended: signal ?? `exit ${code}`, problems};
}

async function strike(stage: Stage, run: Started, point: HoldPoint): Promise<void> {
  switch (point.how) {
    case 'kill':
      run.child.kill('SIGKILL');
      return;
    case 'cut':
      return turnAll(stage, cut);
    case 'failover': {
      // The parameter is set back by hand once writes are open, and set again before a reversal closes them.
      const isOpen = stage.journal.entries.filter(opensOrCloses).at(-1);
      const readOnlyParameter = !(isOpen && 'way' in isOpen && isOpen.way === 'forward');
      return stage.turn({what: 'aurora-failover', readOnlyParameter});
    }
  }
}

const opensOrCloses = isLine('open-writes', 'action-performed');

const problemIn = (ended: Awaited<ReturnType<Stage['desk']['run']>>, way: string) =>
  ended.code === 0 ? [] : [`${way} ended with ${ended.code}: ${wordsOf(ended) || ended.stderr}`];

const cut: readonly LabSwitch[] = [
  {what: 'ssh', host: 'web1', fault: 'hang'},
  {what: 'ssh', host: 'web2', fault: 'hang'},
  {what: 'connections-dropped', database: 'source', user: 'switcharoo'},
  {what: 'connections-dropped', database: 'aurora', user: 'admin'},
];
const mended: readonly LabSwitch[] = [
  {what: 'ssh', host: 'web1', fault: 'none'},
  {what: 'ssh', host: 'web2', fault: 'none'},
];

async function turnAll(stage: Stage, switches: readonly LabSwitch[]): Promise<void> {
  for (const change of switches) {
    await stage.turn(change);
  }
}

/** With the process dead, only the kernel of each host can end the hold. */
async function notReleasedByItself(stage: Stage): Promise<string[]> {
  const giveUpAt = performance.now() + boundMs + reasonableMs;
  while ((await stage.watch()).held.length > 0) {
    if (performance.now() > giveUpAt) {
      return ['a host is still held after its bound'];
    }
    await sleep(100);
  }
  return [];
}

async function problemsAfter(stage: Stage, way: HoldPoint['way']): Promise<readonly string[]> {
  const expected = way === 'resume' ? 'aurora' : 'source';
  const {inCharge, lost, duplicated} = await stage.count();
  const watch = await stage.watch();
  const {source, aurora} = watch.sides.accepts;
  return [
    ...(inCharge === expected ? [] : [`${inCharge} is in charge`]),
    ...(lost === 0 ? [] : [`${lost} writes lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} writes duplicated`]),
    ...(source === (way === 'reverse') && aurora === (way === 'resume')
      ? []
      : [`the source accepts writes: ${source}; Aurora: ${aurora}`]),
    ...violationsIn(watch, 'done').map(({message}) => message),
    ...((await stage.verified()) ? [] : ['the journal does not verify']),
  ];
}
