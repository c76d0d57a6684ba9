import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {openScreen} from '../src/cli/screen/index.ts';
import {systemClock} from '../src/engine/clock.ts';
import {type RunContext, recordIn} from '../src/engine/context.ts';
import {printsOf, runbookDigest} from '../src/engine/digests.ts';
import {runForward} from '../src/engine/run.ts';
import {createJournal} from '../src/journal/file-journal.ts';
import {acquireLock} from '../src/journal/lock.ts';
import {Redactor} from '../src/journal/redactor.ts';
import type {FactOf} from '../src/model/journal.ts';
import type {AnyRunbook} from '../src/model/runbook.ts';
import {ansiPaint} from '../src/report/index.ts';
import {type Panel, runbookOf} from './world.ts';

// `node one-run.js '{"folder": …, "steps": …, "rounds": …, "warmUps": …, "columns": …, "rows": …}'`, and prints what it measured.
export interface Asked {
  readonly folder: string;
  readonly steps: number;
  readonly rounds: number;
  /** Rounds that are made first and not counted: the compiler of Node is at work in them, beside the engine and beside the bare loop. */
  readonly warmUps: number;
  /** The terminal on which the run is drawn; none without them. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface Round {
  readonly engineMs: number;
  readonly bareMs: number;
  readonly lines: number;
  readonly bytes: number;
  readonly drawnBytes: number;
}

export interface Measured {
  readonly rounds: readonly Round[];
  readonly mostMegabytes: number;
}

export const runName = '20260301-030000-0001';
const operator = {user: 'ada', host: 'bench', pid: process.pid};

async function measure(asked: Asked): Promise<Measured> {
  const runbook = runbookOf(asked.steps);
  const rounds: Round[] = [];
  for (let round = 0; round < asked.rounds + asked.warmUps; round += 1) {
    rmSync(asked.folder, {recursive: true, force: true});
    mkdirSync(asked.folder, {recursive: true});
    rounds.push(await oneRound(asked, runbook));
  }
  return {
    rounds: rounds.slice(asked.warmUps),
    mostMegabytes: process.resourceUsage().maxRSS / 1024,
  };
}

/** The engine first, then the same lines by nothing but an append and an fdatasync each, on the same disk. */
async function oneRound(asked: Asked, runbook: AnyRunbook): Promise<Round> {
  const path = join(asked.folder, runName, 'journal.jsonl');
  const {engineMs, drawnBytes} = await engine(asked, runbook, path);
  const memory = asked.rounds === 1;
  const {bareMs, lines, bytes} = memory
    ? {bareMs: 0, lines: 0, bytes: 0}
    : bare(readFileSync(path), join(asked.folder, 'bare.jsonl'));
  return {engineMs, bareMs, lines, bytes, drawnBytes};
}

async function engine(asked: Asked, runbook: AnyRunbook, path: string) {
  const now = () => new Date();
  const redactor = new Redactor();
  const {lock} = acquireLock({
    folder: join(asked.folder, 'locks'),
    scope: 'panel@bench',
    run: runName,
    operator,
    now,
  });
  const journal = createJournal(path, {now, lock, redactor});
  journal.append(firstEntry(runbook));
  const stream = new Terminal(asked);
  const screen =
    asked.columns === undefined
      ? undefined
      : openScreen({how: 'tree', stream, paint: ansiPaint, history: journal.entries});
  const context = contextOf(runbook, redactor.value.bind(redactor), (event) =>
    screen?.observe(event),
  );
  const started = performance.now();
  const outcome = await runForward({...context, record: recordIn(journal, context.observe)});
  const engineMs = performance.now() - started;
  await screen?.close();
  journal.close();
  lock.release();
  if (outcome.kind !== 'done') {
    throw new Error(`it ended as ${JSON.stringify(outcome)}`);
  }
  return {engineMs, drawnBytes: stream.bytes};
}

function bare(journal: Buffer, path: string) {
  const lines: Buffer[] = [];
  for (let start = 0; start < journal.length; ) {
    const end = journal.indexOf(0x0a, start) + 1;
    lines.push(journal.subarray(start, end));
    start = end;
  }
  // Its first line was written before the engine's time began to run.
  lines.shift();
  const fd = openSync(path, 'a', 0o600);
  const started = performance.now();
  for (const line of lines) {
    writeSync(fd, line);
    fdatasyncSync(fd);
  }
  const bareMs = performance.now() - started;
  closeSync(fd);
  return {bareMs, lines: lines.length, bytes: lines.reduce((so, {length}) => so + length, 0)};
}

function contextOf(
  runbook: AnyRunbook,
  redacted: <Value>(value: Value) => Value,
  observe: RunContext['observe'],
): Omit<RunContext, 'record'> {
  const one: Panel = {on: new Set()};
  return {
    runbook,
    params: {},
    targets: {
      session: async () => ({reader: one, writer: one, close: async () => {}}),
      close: async () => {},
    },
    clock: systemClock,
    run: runName,
    observe: (event) => observe(redacted(event)),
    aborting: new AbortController().signal,
    stopping: new AbortController().signal,
    operator: {
      name: 'ada',
      ask: async () => ({answer: 'yes', by: 'ada'}),
      decide: async () => ({choice: 'stop', by: 'ada'}),
    },
    inventory: {name: 'bench'},
  };
}

const firstEntry = (runbook: AnyRunbook): FactOf<'run-started'> => ({
  kind: 'run-started',
  run: runName,
  runbook: {
    name: 'panel',
    file: 'bench/world.ts',
    digest: runbookDigest(runbook),
    entries: [...printsOf(runbook)],
  },
  inventory: {name: 'bench', file: 'bench.yaml', digest: 'b1', protected: false},
  params: {},
  plan: 'p1',
  operator,
  versions: {switcharoo: '0.1.0', node: process.versions.node},
  rehearsal: false,
});

/** A terminal that counts what it is sent. */
class Terminal {
  readonly isTTY = true;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  bytes = 0;

  constructor({columns, rows}: Asked) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.bytes += Buffer.byteLength(text);
  }

  on(): void {}

  off(): void {}
}

if (process.argv[2]?.startsWith('{')) {
  process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2]))));
}
