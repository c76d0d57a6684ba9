import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending} from '../../src/index.ts';
import {
  type CopyMarker,
  isSchemaLoad,
  type MysqlReader,
  mysqlServer,
  positionSchema,
  positionText,
} from '../mysql/index.ts';
import {useReason} from './cluster/in-use.ts';
import type {AuroraReader} from './contract.ts';
import {
  dropSchemas,
  loadSchemas,
  recordCopy,
  removeRecord,
  startExecuting,
  stopExecuting,
} from './seed/actions.ts';
import {seedObstacle} from './seed/obstacles.ts';
import {roundedColumns} from './seed/rounding.ts';
import {schemasToCopy} from './seed/schemas.ts';
import {auroraCluster} from './target.ts';

/**
 * The first copy. While it is made the replica executes nothing from its source, so nothing changes there and its own
 * position is that of the copy: Aurora replicates from this position.
 */
export const seed = defineStep({
  name: 'aurora.seed',
  summary: 'Copy the schemas of the dedicated replica to an empty Aurora cluster.',
  targets: {aurora: auroraCluster, replica: mysqlServer},
  input: z.object({
    /** Only these schemas. Without it: all but the server's own. */
    schemas: z.array(z.string()).min(1).optional(),
  }),
  before: z.object({
    /** Whether the replica's SQL thread runs. */
    executing: z.boolean(),
  }),
  /** The position in the replica's own log, and the position that it had executed in its source's log. */
  output: positionSchema.extend({ofSource: positionSchema.nullable()}),
  needs: {
    aurora: [
      'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON *.*',
      'CREATE VIEW, SHOW VIEW, TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EVENT, LOCK TABLES ON *.*',
      'PROCESS',
      'SET_USER_ID (SET_ANY_DEFINER from 8.2 on, SUPER before 8.0) where views, routines, triggers or events have other definers',
    ],
    replica: ['SELECT, SHOW VIEW, EVENT, TRIGGER ON *.*', 'PROCESS', 'REPLICATION CLIENT', 'SUPER'],
  },
  reverses:
    "Drops the schemas that it copied, and no others; starts the replica's SQL thread again if it ran before.",
  // A dump may take days: a runbook sets its own limit.
  claims: ['replica'],
  effects: [{fact: 'copied', to: 'aurora'}],
  timeoutMs: 24 * 3_600_000,
  neverSkip: 'Without it, Aurora lacks the data that replication builds on.',

  async check({targets: {aurora, replica}, input, run, stillReading, signal}) {
    const waiter = {signal, progress: stillReading};
    const marker = await aurora.copies.marker(signal);
    if (marker && !isOfRun(marker, run)) {
      return copyOfAnotherRun(aurora, marker);
    }
    const replication = await replica.replication(signal);
    const executing = replication?.sql === 'Yes';
    if (marker?.state === 'loaded' && marker.position && (executing || !marker.executing)) {
      const positions = {...marker.position, ofSource: marker.sourcePosition};
      return done(positions, ...(await roundedColumns(replica, marker.schemas, signal)));
    }
    const schemas = marker?.schemas ?? (await schemasToCopy({aurora, replica}, input, waiter));
    return (
      (marker ? null : await seedObstacle({aurora, replica}, {schemas, replication}, waiter)) ??
      pending(
        {executing: marker?.executing ?? executing},
        differenceFor(aurora, replica, schemas, marker),
      )
    );
  },

  async plan({targets: {aurora, replica}, input, run, stillReading, signal}, {executing}) {
    const waiter = {signal, progress: stillReading};
    const marker = await aurora.copies.marker(signal);
    const schemas = marker?.schemas ?? (await schemasToCopy({aurora, replica}, input, waiter));
    const copy = {run, replica, aurora, schemas};
    const {suitable} = await replica.copies.programs(signal);
    return [
      ...(marker ? [] : [recordCopy(copy, executing)]),
      ...(marker?.state === 'loaded'
        ? []
        : [
            ...(executing ? [stopExecuting(copy)] : []),
            loadSchemas(copy, suitable?.name ?? 'a dump client'),
          ]),
      ...(executing ? [startExecuting(copy)] : []),
    ];
  },

  async reverse({targets: {aurora, replica}, run, signal}, {executing}) {
    const marker = await aurora.copies.marker(signal);
    if (marker && !isOfRun(marker, run)) {
      return copyOfAnotherRun(aurora, marker);
    }
    const use = marker && (await useReason(aurora, signal));
    if (use) {
      return blocked(
        `${aurora.name} is in use, so the copy of ${replica.name} is not dropped: ${use}.`,
        `Reverse the later entries first. If the data of ${aurora.name} is no longer needed, end its use, then reverse again.`,
      );
    }
    const replication = await replica.replication(signal);
    const copy = {run, replica, aurora, schemas: marker?.schemas ?? []};
    return [
      ...(marker ? [dropSchemas(copy)] : []),
      ...(executing && replication?.sql === 'No' ? [startExecuting(copy)] : []),
      ...(marker ? [removeRecord(copy)] : []),
    ];
  },
});

const isOfRun = (marker: CopyMarker, {id, entry}: {readonly id: string; readonly entry: string}) =>
  marker.run === id && marker.entry === entry;

const copyOfAnotherRun = (
  aurora: AuroraReader,
  {run, entry, state, position}: CopyMarker,
): Blocked =>
  blocked(
    `${aurora.name} has a copy that ${entry} of run ${run} ${state === 'loaded' && position ? `made at ${positionText(position)}` : 'did not finish'}.`,
    isSchemaLoad({run})
      ? `switcharoo preflight --load-schema ${aurora.name} removes it.`
      : {
          text: 'Leave out this entry to continue from its copy, or resume or reverse that run. Show it with',
          command: `status ${run}`,
        },
  );

const differenceFor = (
  aurora: AuroraReader,
  replica: MysqlReader,
  schemas: readonly string[],
  marker: CopyMarker | null,
) => {
  const copied = `${schemas.length} ${schemas.length === 1 ? 'schema' : 'schemas'} of ${replica.name}: ${schemas.join(', ')}`;
  return marker?.state === 'loaded'
    ? {what: `SQL thread of ${replica.name}`, is: 'stopped', shouldBe: 'running'}
    : {
        what: aurora.name,
        is: marker ? `an incomplete copy of ${copied}` : 'no data',
        shouldBe: copied,
      };
};
