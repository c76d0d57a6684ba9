import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {
  type CopyMarker,
  changesSince,
  type MysqlReader,
  type MysqlWriter,
  type Position,
  positionText,
  type SchemaContent,
} from '../../mysql/index.ts';
import {
  seedGone,
  seedInUse,
  seedMoved,
  seedNoClient,
  seedNotStill,
  seedObjectsDiffer,
  seedTargetNotEmpty,
} from '../procedures/problems.ts';
import type {AuroraReader, AuroraWriter} from '../target.ts';
import {whyInUse} from './in-use.ts';
import {whatElseIsThere} from './obstacles.ts';

/** One copy, as its actions know it. */
export interface Copy {
  readonly run: {readonly id: string; readonly entry: string};
  readonly aurora: AuroraReader;
  readonly replica: MysqlReader;
  readonly schemas: readonly string[];
}

const keyOf = ({run}: Copy) => ({run: run.id, entry: run.entry});

/** First of all: from here on it is known what on Aurora is the copy's own, and how the replica was. */
export const begin = (copy: Copy, executing: boolean) =>
  ({
    on: 'aurora',
    does: `note in switcharoo.seed that ${copy.schemas.join(', ')} will be this run's`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      if (await aurora.copies.marker(signal)) {
        return;
      }
      const else_ = await whatElseIsThere(aurora, copy.schemas, signal);
      if (else_) {
        throw new SwitcharooError(seedTargetNotEmpty(aurora.name, else_));
      }
      await aurora.copies.createMarker({...keyOf(copy), schemas: copy.schemas, executing}, signal);
    },
  }) as const;

export const holdStill = (copy: Copy) =>
  ({
    on: 'replica',
    does: 'stop its SQL thread, so that nothing changes while it is copied; it goes on receiving',
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if ((await copy.aurora.copies.marker(signal))?.state !== 'loaded') {
        await replica.stopSqlThread(signal);
      }
    },
  }) as const;

export const load = (copy: Copy, program: string) =>
  ({
    on: 'aurora',
    does: `load ${copy.schemas.join(', ')} as ${program} dumps them on ${copy.replica.name}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      const {replica, schemas} = copy;
      const mark = await ours(copy, aurora, signal);
      if (mark.state === 'loaded') {
        return;
      }
      const {suitable: programs} = await replica.copies.programs(signal);
      if (!programs) {
        throw new SwitcharooError(seedNoClient(replica.name));
      }
      // What an earlier try left, also one whose load still goes on.
      await aurora.copies.dropCopy(mark, signal);
      const at = await stillAt(replica, signal);
      await aurora.copies.recordPositions(keyOf(copy), at, signal);
      const contents = await contentsOf(replica, schemas, signal);
      const expected = {
        tables: total(contents.map(({counts: holds}) => holds['table'] ?? 0)),
        bytes: total(contents.map(({bytes}) => bytes)),
      };
      const order = {from: replica, programs, schemas, expected};
      await aurora.copies.load(order, signal, say);
      await aurora.copies.restoreFloats(order, signal, say);
      await refuseIfMoved(replica, at.at, signal);
      await refuseIfOther(contents, {aurora, replica}, signal);
      await aurora.copies.markLoaded(keyOf(copy), signal);
    },
  }) as const;

export const goOn = (copy: Copy) =>
  ({
    on: 'replica',
    does: 'start its SQL thread again',
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if ((await copy.replica.replication(signal))?.sql !== 'Yes') {
        await replica.startSqlThread(signal);
      }
    },
  }) as const;

export const drop = (copy: Copy) =>
  ({
    on: 'aurora',
    does: `drop what this run copied: ${copy.schemas.join(', ')}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const mark = await aurora.copies.marker(signal);
      if (!mark) {
        return;
      }
      const inUse = await whyInUse(aurora, signal);
      if (inUse) {
        throw new SwitcharooError(seedInUse(aurora.name, inUse));
      }
      await aurora.copies.dropCopy(await ours(copy, aurora, signal), signal);
    },
  }) as const;

export const forget = (copy: Copy) =>
  ({
    on: 'aurora',
    does: 'remove the note of this run from switcharoo.seed',
    perform: (aurora: AuroraWriter, signal: AbortSignal) =>
      aurora.copies.removeMarker(keyOf(copy), signal),
  }) as const;

/** The mark of this run: only what it names may be dropped. */
async function ours(copy: Copy, aurora: AuroraReader, signal: AbortSignal): Promise<CopyMarker> {
  const mark = await aurora.copies.marker(signal);
  if (mark?.run !== copy.run.id || mark.entry !== copy.run.entry) {
    throw new SwitcharooError(seedGone(aurora.name, copy.run.id));
  }
  return mark;
}

async function stillAt(
  replica: MysqlReader,
  signal: AbortSignal,
): Promise<{at: Position; ofSource: Position | null}> {
  const replication = await replica.replication(signal);
  if (replication && replication.sql !== 'No') {
    throw new SwitcharooError(seedNotStill(replica.name, replication.sql));
  }
  return {at: await replica.position(signal), ofSource: replication?.executed ?? null};
}

/** A dump takes the tables one after the other: only of a server that stands still is it one picture. */
async function refuseIfMoved(
  replica: MysqlReader,
  at: Position,
  signal: AbortSignal,
): Promise<void> {
  const now = await replica.position(signal);
  const changes =
    positionText(now) === positionText(at) ? [] : await changesSince(replica, at, signal);
  if (changes.length > 0) {
    throw new SwitcharooError(seedMoved(replica.name, positionText(at), positionText(now)));
  }
}

/** What an account may not see is left out of a dump without a word. */
async function refuseIfOther(
  contents: readonly SchemaContent[],
  {aurora, replica}: {readonly aurora: AuroraReader; readonly replica: MysqlReader},
  signal: AbortSignal,
): Promise<void> {
  const schemas = contents.map(({schema}) => schema);
  const there = new Map(
    (await contentsOf(aurora, schemas, signal)).map(({schema, counts: holds}) => [schema, holds]),
  );
  for (const {schema, counts: holds} of contents) {
    for (const [what, count] of Object.entries(holds)) {
      const has = there.get(schema)?.[what] ?? 0;
      if (has !== count) {
        const facts = {schema, what, count, has, from: replica.name, to: aurora.name};
        throw new SwitcharooError(seedObjectsDiffer(facts));
      }
    }
  }
}

const contentsOf = async (server: MysqlReader, schemas: readonly string[], signal: AbortSignal) =>
  (await server.copies.schemas(signal)).filter(({schema}) => schemas.includes(schema));

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
