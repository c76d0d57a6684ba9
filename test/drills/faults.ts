import {setTimeout as sleep} from 'node:timers/promises';
import {progressOf} from '../../src/model/progress.ts';
import {appliedTexts} from '../../src/report/index.ts';
import {type FaultDrill, faultDrills} from './fault-list.ts';
import {type Point, reaches} from './kill-points.ts';
import {onStage, type Stage} from './stage.ts';
import {wordsOf} from './words.ts';

export interface FaultResult {
  readonly name: string;
  readonly code: number | null;
  readonly seconds: number;
  /** The last words about the fault: a problem, or what a look said while it waited. */
  readonly words: string;
  readonly afterwards: string;
  readonly problems: readonly string[];
}

const longestRunMs = 240_000;

/** Makes the world go wrong, one way at a time, in the middle of a real cutover. */
export async function drillFaults(
  names: readonly string[],
  say: (text: string) => void,
): Promise<readonly FaultResult[]> {
  const results: FaultResult[] = [];
  for (const drill of faultDrills.filter(
    ({name}) => names.length === 0 || names.some((each) => name.startsWith(each)),
  )) {
    const result = await onStage((stage) => play(stage, drill));
    results.push(result);
    say(textOf(result));
  }
  return results;
}

const textOf = ({name, code, seconds, words, afterwards, problems}: FaultResult): string =>
  [
    `${name.padEnd(42)} exit ${code} after ${seconds.toFixed(1)} s${afterwards}: ${problems.length === 0 ? 'passed' : 'FAILED'}`,
    ...(words === '' ? [] : [`    ${words}`]),
    ...problems.map((problem) => `    FAILED: ${problem}`),
  ].join('\n');

async function play(stage: Stage, drill: FaultDrill): Promise<FaultResult> {
  if (drill.at === 'before') {
    await turnAll(stage, drill.fault);
  }
  const began = Date.now();
  const run = stage.startRun('--json');
  const over = new AbortController();
  void run.ended.then(() => over.abort());
  const limit = setTimeout(() => run.child.kill('SIGKILL'), drill.longestMs ?? longestRunMs);
  if (drill.at !== 'before') {
    await reach(stage, drill.at, over.signal);
    await turnAll(stage, drill.fault);
  }
  if (drill.mendAfterMs !== undefined) {
    await sleep(drill.mendAfterMs);
    await turnAll(stage, drill.mend ?? []);
  }
  const ended = await run.ended;
  clearTimeout(limit);
  const seconds = (Date.now() - began) / 1_000;
  const words = wordsOf(ended);
  stage.journal.read();
  const problems = [
    ...(drill.ends.includes(ended.code ?? -1)
      ? []
      : [`ended with ${ended.code}, not ${drill.ends.join(' or ')}: ${ended.stderr.trim()}`]),
    ...(ended.code === 0 || drill.says.test(words) ? [] : [`no word of ${drill.says}`]),
  ];
  const then = ended.code === 0 || ended.code === 4 ? undefined : (drill.afterwards ?? 'resume');
  if (then) {
    await turnAll(stage, [
      ...(drill.mendAfterMs === undefined ? (drill.mend ?? []) : []),
      ...(drill.byHand ?? []),
    ]);
    problems.push(...(await goOn(stage, then)));
  }
  return {
    name: drill.name,
    code: ended.code,
    seconds,
    words,
    afterwards: then ? `, then ${then}` : '',
    problems: [...problems, ...(await endsWell(stage, then === 'reverse' ? 'source' : 'aurora'))],
  };
}

async function reach(stage: Stage, point: Point, signal: AbortSignal): Promise<void> {
  const isThere = reaches(point);
  await stage.journal.until(() => isThere(stage.journal.entries), signal);
  await sleep(point.plusMs);
}

async function turnAll(stage: Stage, switches: FaultDrill['fault']): Promise<void> {
  for (const wanted of switches) {
    await stage.turn(wanted);
  }
}

/** After the mending, the way that is named must lead to its end. */
async function goOn(stage: Stage, way: 'resume' | 'reverse'): Promise<readonly string[]> {
  const ended = await stage.desk.run(way, '--yes', '--json');
  if (ended.code === 0) {
    return [];
  }
  const progress = progressOf(stage.journal.entries);
  const stands = progress ? appliedTexts(progress).join('; ') : '';
  return [`${way} ended with ${ended.code}: ${wordsOf(ended)}; stands: ${stands}`];
}

async function endsWell(stage: Stage, expected: string): Promise<readonly string[]> {
  const {inCharge, lost, duplicated} = await stage.count();
  return [
    ...(inCharge === expected ? [] : [`${inCharge} is in charge`]),
    ...(lost === 0 ? [] : [`${lost} writes lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} writes duplicated`]),
    ...((await stage.verified()) ? [] : ['the journal does not verify']),
  ];
}
