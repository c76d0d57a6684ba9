import {setTimeout as sleep} from 'node:timers/promises';
import {violationsIn} from '../../src/cli/actions/lab-watch.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {appliedEntries, progressOf} from '../../src/model/progress.ts';
import {type Point, pointsOf, pointText, reaches} from './kill-points.ts';
import {expectCode, lastDocument, onStage, type Stage} from './stage.ts';
import {rowText} from './table.ts';
import {wordsOf} from './words.ts';

export interface KillsOptions {
  readonly points: number;
  readonly seed: number;
  /** Only these of them, counted from 1. */
  readonly only?: readonly number[];
  readonly say: (text: string) => void;
}

export interface KillResult {
  readonly point: Point;
  readonly way: 'resume' | 'reverse';
  readonly stood: string;
  /** From the kill to the first look or action of the process that goes on. */
  readonly againMs: number | undefined;
  readonly problems: readonly string[];
}

const widths = [4, 42, 42, 8, 6];

/** Kills the real program in the real cutover, at points all over it, and goes on, or back. */
export async function drillKills({
  points,
  only,
  seed,
  say,
}: KillsOptions): Promise<readonly KillResult[]> {
  const unbroken = await onStage(async (stage) => {
    expectCode(await stage.startRun('--json').ended, 0);
    stage.journal.read();
    return [...stage.journal.entries];
  });
  const chosen = pointsOf(unbroken, points, seed);
  say(`seed ${seed}: ${chosen.length} points of a cutover of ${unbroken.length} journal lines`);
  say(rowText(['', 'killed at', 'stood', 'then', 's', 'result'], widths));
  const results: KillResult[] = [];
  for (const [index, point] of chosen.entries()) {
    if (only && !only.includes(index + 1)) {
      continue;
    }
    const result = await killAt(point, index % 2 === 1);
    results.push(result);
    say(rowText([`${index + 1}`, ...cellsOf(result)], widths));
  }
  return results;
}

const cellsOf = ({point, way, stood, againMs, problems}: KillResult): string[] => [
  pointText(point),
  stood,
  way,
  againMs === undefined ? '-' : (againMs / 1_000).toFixed(2),
  problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`,
];

async function killAt(point: Point, backIfPossible: boolean): Promise<KillResult> {
  return onStage(async (stage) => {
    const killedAtMs = await killRun(stage, point);
    const {journal} = stage;
    const stood = stoodOf(journal.entries);
    const way = backIfPossible && canGoBack(journal.entries) ? 'reverse' : 'resume';
    const lines = journal.entries.length;
    if (progressOf(journal.entries)?.outcome === 'done') {
      // The kill found a run that had come to its end: nothing is left to go on with.
      return {
        point,
        way,
        stood,
        againMs: undefined,
        problems: await problemsOf(stage, way, {outcome: 'done'}),
      };
    }
    const ended = await stage.desk.run(way, '--yes', '--json');
    journal.read();
    const again = journal.entries.slice(lines).find((line) => firstSigns.has(line.kind));
    const problems = [
      ...(ended.code === 0 ? [] : [`${way} ended with ${ended.code}: ${wordsOf(ended)}`]),
      ...(await problemsOf(stage, way, ended.code === 0 ? lastDocument(ended) : undefined)),
    ];
    return {
      point,
      way,
      stood,
      againMs: again ? Date.parse(again.atUtc) - killedAtMs : undefined,
      problems,
    };
  });
}

/** What a run that goes on does first, besides saying so. */
const firstSigns = new Set<JournalEntry['kind']>([
  'entry-started',
  'entry-reversing',
  'action-intended',
]);

async function killRun(stage: Stage, point: Point): Promise<number> {
  const run = stage.startRun();
  const over = new AbortController();
  void run.ended.then(() => over.abort());
  const {journal} = stage;
  const isThere = reaches(point);
  await journal.until(() => isThere(journal.entries), over.signal);
  if (point.plusMs > 0) {
    await sleep(point.plusMs);
  }
  run.child.kill('SIGKILL');
  const killedAtMs = Date.now();
  const ended = await run.ended;
  journal.read();
  if (ended.signal !== 'SIGKILL') {
    throw new Error(`${pointText(point)} never came:\n${ended.stdout}${ended.stderr}`);
  }
  return killedAtMs;
}

function stoodOf(entries: readonly JournalEntry[]): string {
  const progress = progressOf(entries);
  const standing = progress ? appliedEntries(progress).map(({id}) => id) : [];
  const last = entries.at(-1);
  const where = last && 'entry' in last && last.entry !== null ? `${last.entry}, ` : '';
  return `${standing.length} changes, last line ${where}${last?.kind}`;
}

function canGoBack(entries: readonly JournalEntry[]): boolean {
  const progress = progressOf(entries);
  return (
    progress !== undefined && !progress.passedPointOfNoReturn && appliedEntries(progress).length > 0
  );
}

async function problemsOf(
  stage: Stage,
  way: KillResult['way'],
  report: {outcome: string} | undefined,
): Promise<readonly string[]> {
  const expected =
    way === 'resume'
      ? {outcome: 'done', inCharge: 'aurora'}
      : {outcome: 'reversed', inCharge: 'source'};
  const {inCharge, lost, duplicated, clients} = await stage.count();
  const twice = performedTwice(stage.journal.entries);
  return [
    ...(report?.outcome === expected.outcome ? [] : [`the outcome is ${report?.outcome}`]),
    ...(inCharge === expected.inCharge ? [] : [`${inCharge} is in charge`]),
    ...(lost === 0 ? [] : [`${lost} writes lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} writes duplicated`]),
    ...(clients.lastFailure === null || clients.acknowledged > 0 ? [] : [clients.lastFailure]),
    ...((await stage.verified()) ? [] : ['the journal does not verify']),
    ...violationsIn(await stage.watch(), 'done').map(({message}) => message),
    ...twice.map((does) => `performed twice: ${does}`),
  ];
}

/** Actions that are journaled as performed more than once on the same way. */
function performedTwice(entries: readonly JournalEntry[]): readonly string[] {
  const performed = entries.flatMap((line) =>
    line.kind === 'action-performed' ? [`${line.entry} ${line.way}: ${line.does}`] : [],
  );
  return [...new Set(performed.filter((each, index) => performed.indexOf(each) !== index))];
}
