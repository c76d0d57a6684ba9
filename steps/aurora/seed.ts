import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending} from '../../src/index.ts';
import {type CopyMarker, type MysqlReader, mysqlServer} from '../mysql/index.ts';
import {begin, drop, forget, goOn, holdStill, load} from './seed/actions.ts';
import {whyInUse} from './seed/in-use.ts';
import {whyNoSeed} from './seed/obstacles.ts';
import {roundedBy} from './seed/rounding.ts';
import {schemasToCopy} from './seed/schemas.ts';
import {type AuroraReader, auroraCluster} from './target.ts';

const place = z.object({file: z.string(), position: z.number()});

/**
 * The first copy. While it is made the replica executes nothing of its source, so nothing there changes and its own
 * position is that of the copy: from there Aurora follows it.
 */
export const seed = defineStep({
  name: 'aurora.seed',
  summary: 'Copy every schema of the dedicated replica to an empty Aurora.',
  targets: {aurora: auroraCluster, replica: mysqlServer},
  input: z.object({
    /** These schemas alone. Without it: all but the server's own. */
    schemas: z.array(z.string()).min(1).optional(),
  }),
  before: z.object({
    /** Whether the replica executes what its source writes. */
    executing: z.boolean(),
  }),
  /** Where the replica's own log stood, and what it had executed of its source. */
  output: place.extend({ofSource: place.nullable()}),
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
    'Drops the schemas that it copied, and no other; lets the replica execute again if it did before.',
  // A dump of days: whoever runs it sets the time that it may take.
  timeoutMs: 24 * 3_600_000,

  async check({targets: {aurora, replica}, input, run, signal}) {
    const mark = await aurora.copies.marker(signal);
    if (mark && !isOf(mark, run)) {
      return madeByAnother(aurora, mark);
    }
    const replication = await replica.replication(signal);
    const executing = replication?.sql === 'Yes';
    if (mark?.state === 'loaded' && mark.position && (executing || !mark.executing)) {
      const place = {...mark.position, ofSource: mark.sourcePosition};
      return done(place, ...(await roundedBy(replica, mark.schemas, signal)));
    }
    const schemas = mark?.schemas ?? (await schemasToCopy({aurora, replica}, input, signal));
    return (
      (mark ? null : await whyNoSeed({aurora, replica}, {schemas, replication}, signal)) ??
      pending(
        {executing: mark?.executing ?? executing},
        differenceOf(aurora, replica, schemas, mark),
      )
    );
  },

  async plan({targets: {aurora, replica}, input, run, signal}, {executing}) {
    const mark = await aurora.copies.marker(signal);
    const schemas = mark?.schemas ?? (await schemasToCopy({aurora, replica}, input, signal));
    const copy = {run, replica, aurora, schemas};
    const {suitable: suits} = await replica.copies.programs(signal);
    return [
      ...(mark ? [] : [begin(copy, executing)]),
      ...(mark?.state === 'loaded'
        ? []
        : [...(executing ? [holdStill(copy)] : []), load(copy, suits?.name ?? 'a dump client')]),
      ...(executing ? [goOn(copy)] : []),
    ];
  },

  async reverse({targets: {aurora, replica}, run, signal}, {executing}) {
    const mark = await aurora.copies.marker(signal);
    if (mark && !isOf(mark, run)) {
      return madeByAnother(aurora, mark);
    }
    const inUse = mark && (await whyInUse(aurora, signal));
    if (inUse) {
      return blocked(
        `${aurora.name} is in use, so the copy of ${replica.name} there is not dropped: ${inUse}.`,
        `Reverse first what came after the copy. If what is on ${aurora.name} is no longer wanted, end its use, then reverse again.`,
      );
    }
    const replication = await replica.replication(signal);
    const copy = {run, replica, aurora, schemas: mark?.schemas ?? []};
    return [
      ...(mark ? [drop(copy)] : []),
      ...(executing && replication?.sql === 'No' ? [goOn(copy)] : []),
      ...(mark ? [forget(copy)] : []),
    ];
  },
});

const isOf = (mark: CopyMarker, {id, entry}: {readonly id: string; readonly entry: string}) =>
  mark.run === id && mark.entry === entry;

const madeByAnother = (
  aurora: AuroraReader,
  {run, entry, state, position: at}: CopyMarker,
): Blocked =>
  blocked(
    `${aurora.name} has a copy that ${entry} of run ${run} ${state === 'loaded' && at ? `made at ${at.file}:${at.position}` : 'began and did not end'}.`,
    `Resume or reverse that run: switcharoo status ${run}. Or go on from its copy without this entry.`,
  );

const differenceOf = (
  aurora: AuroraReader,
  replica: MysqlReader,
  schemas: readonly string[],
  mark: CopyMarker | null,
) => {
  const copied = `${schemas.length} ${schemas.length === 1 ? 'schema' : 'schemas'} of ${replica.name}: ${schemas.join(', ')}`;
  return mark?.state === 'loaded'
    ? {what: replica.name, is: 'executes nothing', shouldBe: 'executes what its source writes'}
    : {
        what: aurora.name,
        is: mark ? `half of ${copied}` : 'no data',
        shouldBe: copied,
      };
};
