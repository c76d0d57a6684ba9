import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {
  type CopyMarker,
  changesSince,
  existingContent,
  type MysqlReader,
  type MysqlWriter,
  type Position,
  positionText,
  type SchemaContent,
} from '../../mysql/index.ts';
import {useReason} from '../cluster/in-use.ts';
import type {AuroraReader, AuroraWriter} from '../contract.ts';
import {
  seedClientMissing,
  seedMarkerMissing,
  seedObjectsMissing,
  seedReplicaExecuting,
  seedTargetInUse,
  seedTargetNotEmpty,
  seedWritesOnReplica,
} from './problems.ts';
import type {Ends} from './schemas.ts';

interface Copy extends Ends {
  readonly run: {readonly id: string; readonly entry: string};
  readonly schemas: readonly string[];
}

const keyOf = ({run}: Copy) => ({run: run.id, entry: run.entry});

/** First of all: from here on it is known which schemas belong to the copy, and whether the replica was executing. */
export const recordCopy = (copy: Copy, executing: boolean) =>
  ({
    on: 'aurora',
    does: `record in switcharoo.seed that this run copies ${copy.schemas.join(', ')}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      if (await aurora.copies.marker(signal)) {
        return;
      }
      const content = await existingContent(aurora, copy.schemas, {signal});
      if (content) {
        throw new SwitcharooError(seedTargetNotEmpty(aurora.name, content));
      }
      await aurora.copies.createMarker({...keyOf(copy), schemas: copy.schemas, executing}, signal);
    },
  }) as const;

export const stopExecuting = (copy: Copy) =>
  ({
    on: 'replica',
    does: 'stop its SQL thread for the copy; its IO thread keeps receiving',
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if ((await copy.aurora.copies.marker(signal))?.state !== 'loaded') {
        await replica.stopSqlThread(signal);
      }
    },
  }) as const;

export const loadSchemas = (copy: Copy, program: string) =>
  ({
    on: 'aurora',
    does: `load ${copy.schemas.join(', ')} from ${copy.replica.name}, dumped by ${program}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      const {replica, schemas} = copy;
      const marker = await markOfRun(copy, aurora, signal);
      if (marker.state === 'loaded') {
        return;
      }
      const {suitable: programs} = await replica.copies.programs(signal);
      if (!programs) {
        throw new SwitcharooError(seedClientMissing(replica.name));
      }
      // Removes what an earlier attempt has left, also one whose load still runs.
      await aurora.copies.dropCopy(marker, signal);
      const positions = await positionsOf(replica, signal);
      await aurora.copies.recordPositions(keyOf(copy), positions, signal);
      const contents = await contentsOf(replica, schemas, signal);
      const expected = {
        tables: total(contents.map(({counts}) => counts['table'] ?? 0)),
        bytes: total(contents.map(({bytes}) => bytes)),
      };
      const order = {from: replica, programs, schemas, expected};
      await aurora.copies.load(order, signal, say);
      await aurora.copies.restoreFloats(order, signal, say);
      await refuseIfWritten(replica, positions.at, signal);
      await refuseIfIncomplete(contents, {aurora, replica}, signal);
      await aurora.copies.markLoaded(keyOf(copy), signal);
    },
  }) as const;

export const startExecuting = (copy: Copy) =>
  ({
    on: 'replica',
    does: 'start its SQL thread again',
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if ((await copy.replica.replication(signal))?.sql !== 'Yes') {
        await replica.startSqlThread(signal);
      }
    },
  }) as const;

export const dropSchemas = (copy: Copy) =>
  ({
    on: 'aurora',
    does: `drop the schemas that this run copied: ${copy.schemas.join(', ')}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const marker = await aurora.copies.marker(signal);
      if (!marker) {
        return;
      }
      const use = await useReason(aurora, signal);
      if (use) {
        throw new SwitcharooError(seedTargetInUse(aurora.name, use));
      }
      await aurora.copies.dropCopy(await markOfRun(copy, aurora, signal), signal);
    },
  }) as const;

export const removeRecord = (copy: Copy) =>
  ({
    on: 'aurora',
    does: 'remove the record of this run from switcharoo.seed',
    perform: (aurora: AuroraWriter, signal: AbortSignal) =>
      aurora.copies.removeMarker(keyOf(copy), signal),
  }) as const;

/** Only what the marker of this run lists may be dropped. */
async function markOfRun(
  copy: Copy,
  aurora: AuroraReader,
  signal: AbortSignal,
): Promise<CopyMarker> {
  const marker = await aurora.copies.marker(signal);
  if (marker?.run !== copy.run.id || marker.entry !== copy.run.entry) {
    throw new SwitcharooError(seedMarkerMissing(aurora.name, copy.run.id));
  }
  return marker;
}

/** The positions of a replica whose SQL thread is stopped. */
async function positionsOf(
  replica: MysqlReader,
  signal: AbortSignal,
): Promise<{readonly at: Position; readonly ofSource: Position | null}> {
  const replication = await replica.replication(signal);
  if (replication && replication.sql !== 'No') {
    throw new SwitcharooError(seedReplicaExecuting(replica.name, replication.sql));
  }
  return {at: await replica.position(signal), ofSource: replication?.executed ?? null};
}

/** A dump reads one table after the other: it is one picture only if the server did not change meanwhile. */
async function refuseIfWritten(
  replica: MysqlReader,
  at: Position,
  signal: AbortSignal,
): Promise<void> {
  const now = await replica.position(signal);
  const changes =
    positionText(now) === positionText(at) ? [] : await changesSince(replica, at, signal);
  if (changes.length > 0) {
    throw new SwitcharooError(
      seedWritesOnReplica(replica.name, positionText(at), positionText(now)),
    );
  }
}

/** A dump leaves out, without any message, what the account may not see. */
async function refuseIfIncomplete(
  contents: readonly SchemaContent[],
  {aurora, replica}: Ends,
  signal: AbortSignal,
): Promise<void> {
  const schemas = contents.map(({schema}) => schema);
  const copied = new Map(
    (await contentsOf(aurora, schemas, signal)).map(({schema, counts}) => [schema, counts]),
  );
  for (const {schema, counts} of contents) {
    for (const [what, expected] of Object.entries(counts)) {
      const actual = copied.get(schema)?.[what] ?? 0;
      if (actual !== expected) {
        const facts = {schema, what, expected, actual, from: replica.name, to: aurora.name};
        throw new SwitcharooError(seedObjectsMissing(facts));
      }
    }
  }
}

const contentsOf = async (server: MysqlReader, schemas: readonly string[], signal: AbortSignal) =>
  (await server.copies.schemas({signal})).filter(({schema}) => schemas.includes(schema));

const total = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0);
