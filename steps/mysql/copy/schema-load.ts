import {type CheckWords, listed, type Survey, SwitcharooError, survey} from '../../../src/index.ts';
import {isMysqlReader} from '../checks/catalogue.ts';
import {factsOf} from '../checks/facts.ts';
import {sourceOf} from '../checks/replication.ts';
import {plural} from '../checks/tables.ts';
import type {CopyMarker, MysqlReader, MysqlWriter} from '../contract.ts';
import {isSchemaLoad, schemaLoadMark} from './copy-marker.ts';
import {existingContent} from './existing-content.ts';
import {isEmptySchema} from './inventory.ts';
import {
  schemaLoadClientMissing,
  schemaLoadLeft,
  schemaLoadRunning,
  schemaLoadTargetInUse,
  schemaLoadWithoutSource,
} from './problems.ts';

const check: CheckWords = {
  name: 'definitions-refused',
  severity: 'blocks',
  expects: 'An empty server of the target version accepts every definition of the source.',
  consequence:
    'The first copy fails at that definition, hours after its start. A replicated CREATE stops replication.',
  fix: 'Before the seed, change each of them on the source to a definition that both servers accept.',
};

/**
 * Loads the definitions of the source, without any row, into a server that holds nothing; names all that it refuses;
 * and removes them. What a process that was killed has left is removed first.
 */
export const loadSchemaInto = (
  target: MysqlWriter,
  others: readonly unknown[],
  signal: AbortSignal,
): Promise<Survey> =>
  survey([check], target.name, async () => {
    const refused = await target.copies.alone(
      () => refusedBy(target, others.filter(isOwnServer), signal),
      signal,
    );
    if (refused === null) {
      throw new SwitcharooError(schemaLoadRunning(target.name));
    }
    return listed(
      (count) => `${target.name} refuses ${count} ${plural(count, 'definition')}`,
      refused,
    );
  });

/** A cluster of Aurora is no source, although it is a kind of MySQL. */
const isOwnServer = (other: unknown): other is MysqlReader =>
  isMysqlReader(other) && !('clusterIdentifier' in other);

async function refusedBy(
  target: MysqlWriter,
  others: readonly MysqlReader[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const from = await sourceAmong(others, signal);
  if (!from) {
    throw new SwitcharooError(schemaLoadWithoutSource(target.name));
  }
  const {suitable: programs} = await from.copies.programs(signal);
  if (!programs) {
    throw new SwitcharooError(schemaLoadClientMissing(from.name));
  }
  const left = await target.copies.marker(signal);
  if (left && !isSchemaLoad(left)) {
    throw new SwitcharooError(
      schemaLoadTargetInUse(target.name, `it has a copy of run ${left.run}`),
    );
  }
  if (left) {
    await remove(target, left, signal);
  }
  const schemas = (await from.copies.schemas({signal}))
    .filter((content) => !isEmptySchema(content))
    .map(({schema}) => schema);
  await refuseIfInUse(target, schemas, signal);
  if (schemas.length === 0) {
    return [];
  }
  // First of all: from here on it is known which schemas are to be removed.
  await target.copies.createMarker({...schemaLoadMark, schemas, executing: false}, signal);
  try {
    return await target.copies.loadDefinitions({from, programs, schemas}, signal);
  } finally {
    // Also after a stop.
    await cleanUp(target, schemas);
  }
}

/** A dedicated replica rather than the server that the application uses. */
async function sourceAmong(
  servers: readonly MysqlReader[],
  signal: AbortSignal,
): Promise<MysqlReader | undefined> {
  const facts = servers.map((server) => factsOf(server, signal));
  for (const replica of facts) {
    if (await sourceOf(replica, facts)) {
      return replica.server;
    }
  }
  return servers[0];
}

async function refuseIfInUse(
  target: MysqlWriter,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const replication = await target.replication(signal);
  const content = await existingContent(target, schemas, {signal});
  const use = replication
    ? `it replicates from ${replication.host}:${replication.port}`
    : content && `it has ${content}`;
  if (use) {
    throw new SwitcharooError(schemaLoadTargetInUse(target.name, use));
  }
}

const cleanUpMs = 10 * 60_000;

async function cleanUp(target: MysqlWriter, schemas: readonly string[]): Promise<void> {
  try {
    await remove(target, {schemas}, AbortSignal.timeout(cleanUpMs));
  } catch (cause) {
    throw new SwitcharooError(schemaLoadLeft(target.name, schemas), {cause});
  }
}

async function remove(
  target: MysqlWriter,
  {schemas}: Pick<CopyMarker, 'schemas'>,
  signal: AbortSignal,
): Promise<void> {
  await target.copies.dropCopy(
    {
      ...schemaLoadMark,
      state: 'loading',
      schemas,
      executing: false,
      position: null,
      sourcePosition: null,
    },
    signal,
  );
  await target.copies.removeMarker(schemaLoadMark, signal);
}
