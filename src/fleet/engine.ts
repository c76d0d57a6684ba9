import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {setTimeout as sleep} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';
import type {DBOS, DBOSClient} from '@dbos-inc/dbos-sdk';
import type {Pool, PoolClient} from 'pg';
import {closePool, openPool} from './database.ts';
import {engineSchema} from './schemas.ts';

// DBOS hands out the work, and nothing else: what a unit is, our rows say, and what happened, its journal.

/** One attempt at a unit, as a runner gets it. */
export interface Errand {
  readonly fleet: string;
  readonly wave: string;
  readonly unit: string;
  readonly attempt: number;
}

interface Place {
  /** Where it began; only a runner there may continue it. */
  readonly home: string | null;
  /** Only a runner of it may begin it; `null`: only one without a network. */
  readonly network: string | null;
}

export type Enqueue = (client: PoolClient, errand: Errand & Place) => Promise<void>;

/**
 * The same in every release: a wave may last for weeks, and DBOS hands out work only to the version that it was made
 * for. What an errand says must stay readable for later releases.
 */
const applicationVersion = 'switcharoo-fleet-1';
const applicationName = 'switcharoo-fleet';
const workflowName = 'unit';
const anywhere = 'switcharoo-anywhere';
const homeQueue = (home: string): string => `switcharoo-home-${home.slice(0, 16)}`;
const networkQueue = (network: string): string => `switcharoo-network-${network}`;
const queueOf = ({home, network}: Place): string =>
  home !== null ? homeQueue(home) : network !== null ? networkQueue(network) : anywhere;

const queuesOf = ({home, networks}: Pick<EngineRequest, 'home' | 'networks'>): string[] => [
  ...(networks.length === 0 ? [anywhere] : networks.map(networkQueue)),
  homeQueue(home),
];

const errandId = ({fleet, wave, unit, attempt}: Errand): string =>
  `${fleet}/${wave}/${unit}/${attempt}`;

/** A package that only commands of a fleet load; by `require`, which has all of its names in every Node. */
const dbos = (): typeof import('@dbos-inc/dbos-sdk') =>
  createRequire(import.meta.url)('@dbos-inc/dbos-sdk');

const quiet = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};

interface ErrandState {
  /** In the words of DBOS. */
  readonly status: string;
  readonly executor: string | null;
  /** Runners of this release do not take it. */
  readonly isOfOthers: boolean;
}

export interface Dispatcher {
  readonly enqueue: Enqueue;
  /** Forgets an errand of a process that died: another attempt takes its place. */
  cancel(errand: Errand): Promise<void>;
  /** What became of each errand, and which runner took it. */
  statesOf(errands: readonly Errand[]): Promise<readonly (ErrandState | undefined)[]>;
  /** Takes nothing more from the queues. What is under way continues. */
  stop(): void;
  close(): Promise<void>;
}

const dispatcherOf = (client: DBOSClient, pool: Pool): Omit<Dispatcher, 'stop' | 'close'> => ({
  enqueue: async (connection, {home, network, ...errand}) => {
    await client.enqueueInTransaction(
      connection,
      {
        workflowName,
        workflowID: errandId(errand),
        queueName: queueOf({home, network}),
        appVersion: applicationVersion,
      },
      errand,
    );
  },
  cancel: async (errand) => {
    await client.cancelWorkflow(errandId(errand));
  },
  statesOf: async (errands) => {
    // At once, and not by DBOS, which asks again for minutes while PostgreSQL is away.
    const {rows} = await pool.query(
      `SELECT workflow_uuid AS id, status, executor_id AS executor,
         coalesce(application_version, $2) <> $2 AS "isOfOthers"
       FROM ${engineSchema}.workflow_status WHERE workflow_uuid = ANY($1)`,
      [errands.map(errandId), applicationVersion],
    );
    const states = new Map<string, ErrandState>(rows.map((row) => [row.id, row]));
    return errands.map((errand) => states.get(errandId(errand)));
  },
});

/** DBOS takes no longer one: some weeks. */
const longestWaitMs = 2_147_483_647;
const lastWriteMs = 5_000;
/** DBOS takes nothing from a queue while it waits for an answer that a network cut has swallowed. */
const noAnswerMs = 20_000;

/** Once in a process, however often it launches. */
const registered = new Set<typeof DBOS>();
let current: (errand: Errand) => Promise<void> = async () => {};

/** Makes the tables of DBOS, or brings them up to date. It needs their owner only then. */
export async function makeEngineTables(url: string): Promise<void> {
  const {DBOS: engine} = dbos();
  const pool = openPool(url, 4);
  engine.setConfig({
    name: applicationName,
    systemDatabaseUrl: url,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: engineSchema,
    applicationVersion,
    logger: quiet,
    listenQueues: [],
  });
  try {
    await engine.launch();
  } finally {
    await engine.shutdown();
    await closePool(pool);
  }
}

const clientOf = (url: string, pool: Pool): Promise<DBOSClient> =>
  dbos().DBOSClient.create({
    systemDatabaseUrl: url,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: engineSchema,
    applicationName,
    logger: quiet,
  });

/** It stops its queues at once, and then waits for what is under way. */
function endOf(engine: typeof DBOS) {
  let ending: Promise<void> | undefined;
  const stop = (): void => {
    ending ??= engine.shutdown({workflowCompletionTimeoutMS: longestWaitMs}).catch(() => {});
  };
  const ended = async (): Promise<void> => {
    stop();
    // Without PostgreSQL it cannot write that an errand has ended. The row of the unit says so, or will.
    const written = new AbortController();
    const waited = sleep(lastWriteMs, undefined, {signal: written.signal}).catch(() => {});
    await Promise.race([ending, waited]);
    written.abort();
  };
  return {stop, ended};
}

interface EngineRequest {
  readonly runner: string;
  readonly home: string;
  /** Takes only what begins in one of these; none: only what begins in no network. */
  readonly networks: readonly string[];
  /** Makes the tables of DBOS, or brings them up to date. Two processes must not do so at once. */
  readonly makesTables: boolean;
  readonly work: (errand: Errand) => Promise<void>;
}

/** Takes errands from the queues of this home and its networks, from each the next one when `work` is done with one. */
export async function openEngine(url: string, request: EngineRequest): Promise<Dispatcher> {
  if (request.makesTables) {
    // With more time for each query than the work may take.
    await makeEngineTables(url);
  }
  const {DBOS: engine} = dbos();
  const pool = openPool(url, 10, {query_timeout: noAnswerMs});
  engine.setConfig({
    name: applicationName,
    systemDatabaseUrl: url,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: engineSchema,
    runMigrations: false,
    applicationVersion,
    executorID: request.runner,
    logger: quiet,
    listenQueues: queuesOf(request),
  });
  current = request.work;
  if (!registered.has(engine)) {
    registered.add(engine);
    engine.registerWorkflow((errand: Errand) => current(errand), {name: workflowName});
  }
  try {
    await engine.launch();
    for (const queue of queuesOf(request)) {
      await engine.registerQueue(queue, {
        // The same in every process: DBOS keeps it in a table, and the last one to start sets it for all.
        workerConcurrency: 1,
        minPollingIntervalMs: 200,
        onConflict: 'always_update',
      });
    }
    const client = await clientOf(url, pool);
    const {stop, ended} = endOf(engine);
    return {
      stop,
      ...dispatcherOf(client, pool),
      close: async () => {
        await ended();
        await client.destroy();
        await closePool(pool);
      },
    };
  } catch (error) {
    // It may be tried again, from the start.
    await engine.shutdown().catch(() => {});
    await closePool(pool).catch(() => {});
    throw error;
  }
}

/** Of the package: its tables are made for it. */
export function engineVersion(): string {
  const main = createRequire(import.meta.url).resolve('@dbos-inc/dbos-sdk');
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', pathToFileURL(main)), 'utf8'),
  );
  return (manifest as {readonly version: string}).version;
}
