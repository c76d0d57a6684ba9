import {hostname, userInfo} from 'node:os';
import {basename, relative} from 'node:path';
import {StateFolder} from '../journal/state-folder.ts';
import type {OperatorName} from '../model/journal.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {
  ansiPaint,
  asManyAsFit,
  type NextCommand,
  type Paint,
  plainPaint,
  problemText,
} from '../report/index.ts';

export interface GlobalOptions {
  readonly stateDir: string;
  readonly json: boolean;
}

/** One start of the program: where its words go, how wide and how coloured, and where its runs lie. */
export interface App {
  readonly json: boolean;
  /** Somebody sits there who can be asked. */
  readonly terminal: boolean;
  readonly width: number;
  readonly paint: Paint;
  readonly state: StateFolder;
  readonly operator: OperatorName;
  /** Data: on stdout. */
  print(text: string): void;
  /** Talk: on stderr. */
  say(text: string): void;
  /** A command as it can be pasted here, however this program was started. */
  paste(words: string): string;
}

export const defaultStateFolder = '.switcharoo';
const widest = 160;

export function openApp({stateDir, json}: GlobalOptions): App {
  const program = programName();
  const folder = stateDir === defaultStateFolder ? '' : ` --state-dir ${stateDir}`;
  return {
    json,
    terminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
    width: Math.min(process.stdout.columns || 100, widest),
    paint: wantsColour() ? ansiPaint : plainPaint,
    state: new StateFolder(stateDir),
    operator: {user: userInfo().username, host: hostname(), pid: process.pid},
    print: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    paste: (words) => `${program} ${words}${folder}`,
  };
}

export interface Told {
  readonly stands?: readonly string[];
  readonly next?: readonly NextCommand[];
  readonly reversalFailed?: boolean;
}

/** Tells a foreseen problem: to a person in four parts, to a program as one document. */
export function tellProblems(app: App, problems: readonly Problem[], told: Told = {}): void {
  const {stands = [], next = [], reversalFailed = false} = told;
  if (app.json) {
    app.print(JSON.stringify({problems, stands, next: next.map(({command}) => command)}));
    return;
  }
  for (const problem of problems) {
    const pasted = {...problem, hint: pastable(app, problem.hint)};
    const shown = app.terminal
      ? asManyAsFit(stands, {rows: process.stdout.rows || 24, width: app.width})
      : stands;
    app.say(problemText({problem: pasted, stands: shown, next, reversalFailed}, app));
  }
}

/** What can be typed next for a run that is not at its end, and that nobody is at work on. */
export function nextFor(app: App, progress: Progress): readonly NextCommand[] {
  const {run, outcome, passedPointOfNoReturn} = progress;
  const resume = {command: app.paste(`resume ${run.run}`), what: 'look, say what stands, go on'};
  const reverse = {
    command: app.paste(`reverse ${run.run}`),
    what: 'plan the way back, ask, go back',
  };
  const report = {command: app.paste(`report ${run.run}`), what: 'the timeline'};
  // The lab of a rehearsal that has ended is gone, and with it all that could go back.
  const isGone = run.rehearsal && outcome === 'done';
  const canReverse = !isGone && !passedPointOfNoReturn && appliedEntries(progress).length > 0;
  switch (outcome) {
    case 'done':
      return canReverse ? [report, reverse] : [report];
    case 'reversed':
      return progress.checkpoints.length > 0 ? [resume, reverse] : [report];
    case 'reversing':
    case 'reverse-failed':
      return [{...resume, what: 'look, say what stands, and go on going back'}];
    default:
      return canReverse ? [resume, reverse] : [resume];
  }
}

/** What can be typed beside a process that is at work on the run. */
export const nextBesideWorker = (app: App, {run}: Progress): readonly NextCommand[] => [
  {command: app.paste(`log ${run.run}`), what: 'what it has done so far'},
  {
    command: app.paste(`unlock ${run.run}`),
    what: 'end it and take the run over, if nobody can reach it',
  },
];

/** Hints say "switcharoo resume"; here it may be started by another name, and with another state folder. */
function pastable(app: App, hint: string): string {
  return hint.replaceAll(
    /\bswitcharoo (resume|reverse|run|runs|unlock|lab|log|status|doctor|steps|permissions|plan|task|shell|deploy|tag)\b/g,
    (_whole, verb) => app.paste(verb),
  );
}

function programName(): string {
  const started = process.argv[1] ?? 'switcharoo';
  if (basename(started) !== 'switcharoo.js') {
    return process.env['npm_command'] === 'exec' ? 'npx switcharoo' : 'switcharoo';
  }
  return `node ${relative(process.cwd(), started) || started}`;
}

/** no-color.org: set and not empty means no colour; FORCE_COLOR wants it even without a terminal. */
function wantsColour(): boolean {
  const {NO_COLOR, FORCE_COLOR, TERM} = process.env;
  if (NO_COLOR) {
    return false;
  }
  return FORCE_COLOR ? FORCE_COLOR !== '0' : Boolean(process.stdout.isTTY) && TERM !== 'dumb';
}
