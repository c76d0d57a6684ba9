import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {appliedEntries, progressOf} from '../../src/model/progress.ts';
import {type Point, pointText, reaches} from './kill-points.ts';
import {onStage, runWords, type Stage} from './stage.ts';
import {rowText} from './table.ts';
import {wordsOf} from './words.ts';

export interface SignalResult {
  readonly cells: readonly string[];
  readonly problems: readonly string[];
}

interface SignalDrill {
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'terminal gone';
  readonly at: Point;
  readonly goesOn: 'resume' | 'reverse';
}

const at = (entry: string, kind: Point['kind'], nth = 0, plusMs = 0): Point => ({
  entry,
  kind,
  nth,
  plusMs,
});

const drills: readonly SignalDrill[] = [
  {signal: 'SIGTERM', at: at('ttl-drained', 'entry-started', 0, 1_000), goesOn: 'reverse'},
  {signal: 'SIGINT', at: at('stop-crons', 'action-intended', 1), goesOn: 'resume'},
  {signal: 'SIGHUP', at: at('freeze', 'action-intended', 0), goesOn: 'resume'},
  {signal: 'SIGTERM', at: at('freeze', 'action-intended', 1), goesOn: 'reverse'},
  {signal: 'SIGINT', at: at('promote', 'action-intended', 0), goesOn: 'reverse'},
  {signal: 'SIGHUP', at: at('deploy', 'action-performed', 1, 300), goesOn: 'resume'},
  {signal: 'SIGTERM', at: at('swap', 'action-intended'), goesOn: 'reverse'},
  {signal: 'terminal gone', at: at('freeze', 'entry-started'), goesOn: 'resume'},
  {signal: 'terminal gone', at: at('deploy', 'action-performed', 1, 300), goesOn: 'reverse'},
];

const widths = [14, 42, 5, 6, 44, 8];

/** Tells the real program to stop, in the ways that it can be told, and takes its terminal away. */
export async function drillSignals(
  names: readonly string[],
  say: (text: string) => void,
): Promise<readonly SignalResult[]> {
  say(rowText(['signal', 'at', 'exit', 's', 'stood', 'then', 'result'], widths));
  const results: SignalResult[] = [];
  const chosen = drills.filter(({at: {entry}}) => names.length === 0 || names.includes(entry));
  for (const drill of chosen) {
    const result = await onStage((stage) => play(stage, drill));
    const {problems} = result;
    const verdict = problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`;
    say(rowText([...result.cells, verdict], widths));
    results.push(result);
  }
  return results;
}

async function play(stage: Stage, {signal, at: point, goesOn}: SignalDrill): Promise<SignalResult> {
  const {code, text, tookMs} =
    signal === 'terminal gone' ? await hangUp(stage, point) : await interrupt(stage, point, signal);
  const {journal, desk} = stage;
  journal.read();
  const progress = progressOf(journal.entries);
  const standing = progress ? appliedEntries(progress).map(({id}) => id) : [];
  const problems = [
    ...(code === 5 ? [] : [`ended with ${code}: ${text.slice(-300)}`]),
    ...(progress?.problem?.code === 'stopped' ? [] : [`its problem is ${progress?.problem?.code}`]),
    ...(text === unheard || /stands/.test(text) ? [] : ['it does not say what stands']),
    ...(await frozenWithoutNeed(stage)),
  ];
  const ended = await desk.run(goesOn, '--yes', '--json');
  problems.push(
    ...(ended.code === 0 ? [] : [`${goesOn} ended with ${ended.code}: ${wordsOf(ended)}`]),
  );
  const {inCharge, lost, duplicated} = await stage.count();
  const expected = goesOn === 'resume' ? 'aurora' : 'source';
  problems.push(
    ...(inCharge === expected ? [] : [`${inCharge} is in charge`]),
    ...(lost + duplicated === 0 ? [] : [`${lost} lost, ${duplicated} duplicated`]),
    ...((await stage.verified()) ? [] : ['the journal does not verify']),
  );
  const stood = `${standing.length} changes, last ${standing.at(-1) ?? 'none'}`;
  const cells = [
    signal,
    pointText(point),
    String(code),
    (tookMs / 1_000).toFixed(1),
    stood,
    goesOn,
  ];
  return {cells, problems};
}

interface Stopped {
  readonly code: number;
  readonly text: string;
  /** From the signal to the end of the program. */
  readonly tookMs: number;
}

async function interrupt(
  stage: Stage,
  point: Point,
  signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
): Promise<Stopped> {
  const run = stage.startRun();
  const over = new AbortController();
  void run.ended.then(() => over.abort());
  await reach(stage, point, over.signal);
  const began = Date.now();
  run.child.kill(signal);
  const {code, stdout, stderr} = await run.ended;
  return {code: code ?? -1, text: stdout + stderr, tookMs: Date.now() - began};
}

/** Nobody hears what a program says whose terminal is gone. */
const unheard = '';

/** On a real terminal, which is then closed like one whose ssh is lost: a hang-up, and EIO for every write. */
async function hangUp(stage: Stage, point: Point): Promise<Stopped> {
  const told = join(stage.desk.stateFolder, 'told');
  const command = `trap '' HUP; node ${runWords(stage.desk.stateFolder).join(' ')}; echo $? > ${told}`;
  const terminal = spawn(
    'script',
    ['-qfec', `bash -c "${command.replaceAll('$', '\\$')}"`, '/dev/null'],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {...process.env, TERM: 'xterm', CI: ''},
    },
  );
  await reach(stage, point, AbortSignal.timeout(90_000));
  const began = Date.now();
  terminal.kill('SIGKILL');
  // What a login shell passes on to its jobs when its own terminal hangs up (bash(1), SIGNALS).
  process.kill(programOf(stage), 'SIGHUP');
  for (let tries = 0; tries < 600 && !isTold(told); tries += 1) {
    await sleep(50);
  }
  const code = isTold(told) ? Number(readFileSync(told, 'utf8')) : -1;
  return {code, text: unheard, tookMs: Date.now() - began};
}

/** The process that holds the run, as it says itself. */
function programOf({journal}: Stage): number {
  const pid = progressOf(journal.entries)?.run.operator.pid;
  if (pid === undefined) {
    throw new Error('no run has begun');
  }
  return pid;
}

const isTold = (file: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').endsWith('\n');

async function reach(stage: Stage, point: Point, signal: AbortSignal): Promise<void> {
  const isThere = reaches(point);
  await stage.journal.until(() => isThere(stage.journal.entries), signal);
  await sleep(point.plusMs);
}

/** A freeze that was itself cut short must not leave a source that nobody can write to. */
async function frozenWithoutNeed(stage: Stage): Promise<readonly string[]> {
  const freeze = progressOf(stage.journal.entries)?.entries.get('freeze');
  const isFrozen = await stage.sourceRefusesWrites();
  if (freeze?.state === 'done') {
    return isFrozen ? [] : ['the freeze is done, and the source accepts writes'];
  }
  return isFrozen ? ['the freeze was cut short, and the source refuses writes'] : [];
}
