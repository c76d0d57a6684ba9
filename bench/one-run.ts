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
import type {EngineEvent} from '../src/engine/events.ts';
import {makePlan} from '../src/engine/plan.ts';
import {Redactor} from '../src/journal/redactor.ts';
import {StateFolder} from '../src/journal/state-folder.ts';
import type {AnyRunbook} from '../src/model/runbook.ts';
import {ansiPaint} from '../src/report/index.ts';
import {MachineClock} from '../src/run/machine-clock.ts';
import {beginRun, forward, type SessionRequest} from '../src/run/run-session.ts';
import {type Panel, runbookOf} from './world.ts';

// `node one-run.js '{"folder": …, "steps": …, "rounds": …, "warmUps": …, "columns": …, "rows": …}'`, and prints what
// it measured.
export interface Asked {
  readonly folder: string;
  readonly steps: number;
  readonly rounds: number;
  /**
   * Rounds that are made first and not counted: the compiler of Node is at work in them, beside the engine and beside
   * the bare loop.
   */
  readonly warmUps: number;
  /** The terminal on which the run is drawn; none without them. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface Round {
  readonly planMs: number;
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
  const {planMs, engineMs, drawnBytes} = await engine(asked, runbook);
  const memory = asked.rounds === 1;
  const {bareMs, lines, bytes} = memory
    ? {bareMs: 0, lines: 0, bytes: 0}
    : bare(readFileSync(path), join(asked.folder, 'bare.jsonl'));
  return {planMs, engineMs, bareMs, lines, bytes, drawnBytes};
}

async function engine(asked: Asked, runbook: AnyRunbook) {
  const stream = new Terminal(asked);
  let observe = (_event: EngineEvent) => {};
  const request = requestFor(asked.folder, runbook, (event) => observe(event));
  const {world, inventory} = request.opened;
  const planFrom = performance.now();
  await makePlan({world, inventory, signal: request.signals.stopping});
  const planMs = performance.now() - planFrom;
  const session = beginRun(request, {plan: 'p1', rehearsal: false});
  const history = session.journal.entries;
  const screen =
    asked.columns === undefined
      ? undefined
      : openScreen({how: 'tree', stream, paint: ansiPaint, history, now: () => new Date()});
  if (screen) {
    observe = screen.observe;
  }
  const started = performance.now();
  const outcome = await forward(session);
  const engineMs = performance.now() - started;
  await screen?.close();
  session.release();
  if (outcome.kind !== 'done') {
    throw new Error(`it ended as ${JSON.stringify(outcome)}`);
  }
  return {planMs, engineMs, drawnBytes: stream.bytes};
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
  return {bareMs, lines: lines.length, bytes: lines.reduce((sum, {length}) => sum + length, 0)};
}

function requestFor(
  folder: string,
  runbook: AnyRunbook,
  observe: (event: EngineEvent) => void,
): SessionRequest {
  const panel: Panel = {on: new Set()};
  const redactor = new Redactor();
  const signal = new AbortController().signal;
  return {
    host: {state: new StateFolder(folder), operator},
    run: runName,
    signals: {stopping: signal, aborting: signal},
    operator: {
      name: 'ada',
      ask: async () => ({answer: 'yes', by: 'ada'}),
      decide: async () => ({choice: 'stop', by: 'ada'}),
    },
    opened: {
      file: 'bench/world.ts',
      runbook,
      inventory: {
        name: 'bench',
        file: 'bench.yaml',
        digest: 'b1',
        protected: false,
        lab: false,
        requireRehearsal: false,
        approvers: {},
        params: {},
        targets: {},
        notify: [],
      },
      redactor,
      world: {
        runbook,
        params: {},
        targets: {
          session: async () => ({reader: panel, writer: panel, close: async () => {}}),
          close: async () => {},
        },
        clock: new MachineClock(),
        run: runName,
        observe: (event) => observe(redactor.value(event)),
        aborting: signal,
      },
      rights: async () => [],
      channels: async () => ({open: [], closed: []}),
      openByName: async () => ({reader: panel, writer: panel, close: async () => {}}),
      close: async () => {},
    },
  };
}

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
