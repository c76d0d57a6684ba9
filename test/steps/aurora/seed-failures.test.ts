import {spawn} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/model/problem.ts';
import {seed} from '../../../steps/aurora/seed.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {mysqlClients, old} from '../../lab/mysql/server-kinds.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from '../mysql/placed-unit.ts';
import {clientsWith, openSeedWorld, type SeedWorld, schemasOn} from './seed-world.ts';

const missing = old.missing ?? mysqlClients.missing;
if (missing) {
  console.warn(`SKIPPED: a first copy that goes wrong: ${missing}`);
}

describe.skipIf(missing)('a first copy that goes wrong', () => {
  let world: SeedWorld;
  beforeAll(async () => {
    world = await openSeedWorld();
  });
  beforeEach(() => world.empty());
  afterAll(() => world?.close());

  const made: {remove(): void}[] = [];
  afterEach(() => {
    for (const clients of made.splice(0)) {
      clients.remove();
    }
  });
  const withDump = (script: string) => {
    const clients = clientsWith(script);
    made.push(clients);
    return clients.folder;
  };
  const aurora = () => world.databases.aurora;
  const marks = async () =>
    (await aurora().query('SELECT run, entry, state FROM switcharoo.seed')).map(
      ({run, entry, state}) => `${entry} of ${run}: ${state}`,
    );
  const resumed = async () => {
    const {output} = await finish(await world.placed());
    expect(await marks()).toEqual(['seed of r-test: loaded']);
    expect(await aurora().query('SELECT COUNT(*) AS c FROM proof.people')).toEqual([{c: 5_000}]);
    expect(await world.picture()).toMatchObject({replica: 'Yes'});
    return output;
  };

  test('a dump that dies in the middle is noticed although the load would have ended well, and the copy restarts', async () => {
    // Two tables and a half have passed by then.
    const folder = withDump(
      `"$real" "$@" | head -c 300000\necho 'mysqldump: Error 2013: Lost connection to server during query when dumping table \`people\` at row: 312' >&2\nexit 3`,
    );
    expect(await failing(await world.placed(folder))).toMatchObject({
      code: 'copy-incomplete',
      message: expect.stringMatching(
        /^The copy of db2 to aurora is incomplete. The dump ended at table \d+ of 10 \(proof\.\w+\), 300\.0 kB dumped of about \d+\.\d [kM]B of data: mysqldump: Error 2013: Lost connection to server during query when dumping table `people` at row: 312\.$/,
      ),
      hint: 'Fix the cause, then resume: the incomplete copy on aurora is dropped, and the copy restarts. Or reverse.',
    });
    expect(await marks()).toEqual(['seed of r-test: loading']);
    expect(await settled(await world.placed(), true)).toMatchObject({
      kind: 'pending',
      before: {executing: true},
      differences: [{what: 'aurora', is: 'an incomplete copy of 2 schemas of db2: proof, shop'}],
    });
    await resumed();
  });

  test('a dump that ends early without a word is noticed, for it did not say that it is complete', async () => {
    const folder = withDump('"$real" "$@" | head -n -3');
    expect(await failing(await world.placed(folder))).toMatchObject({
      message: expect.stringMatching(/ The dump ended at .*: it printed nothing\.$/),
    });
    expect(await marks()).toEqual(['seed of r-test: loading']);
  });

  test('a load whose session is ended tells so, and half a copy is reversed to nothing', async () => {
    const {folder, go} = held(withDump);
    const placed = await world.placed(folder);
    const failed = failing(placed);
    await aurora().query('KILL ?', [await loadingSession()]);
    go();
    expect(await failed).toMatchObject({
      code: 'copy-incomplete',
      message: expect.stringMatching(
        / is incomplete\. The load ended at .*: ERROR 20\d\d \(HY000\)/,
      ),
    });
    expect(await reverse(await world.placed(), {executing: true})).toMatchObject({
      kind: 'pending',
      before: {executing: true},
    });
    expect(await schemasOn(aurora())).toEqual([]);
    expect(await world.picture()).toMatchObject({replica: 'Yes'});
  });

  test('a load that is refused names the object, and not the table that the dump has reached', async () => {
    const withoutMatch = (script: string) => withDump(`"$real" "$@" | sed '${script}'`);
    const broken = withoutMatch('s/SELECT COUNT(\\*) FROM people;/SELECT COUNT(*) FORM people;/');
    expect(await failing(await world.placed(broken))).toMatchObject({
      code: 'copy-incomplete',
      message: expect.stringMatching(
        /^The copy of db2 to aurora is incomplete\. The load ended at procedure proof\.count_people: ERROR 1064 \(42000\) at line \d+: You have an error in your SQL syntax; .* near 'people; SELECT 'a;b'; END' at line 2\.$/,
      ),
    });
    // Beside a syntax error in rows there is data.
    const rows = withoutMatch('s/^INSERT INTO `codes` VALUES (/&(/');
    expect(await failing(await world.placed(rows))).toMatchObject({
      message: expect.stringMatching(
        / The load ended at the rows of proof\.codes: ERROR 1064 \(42000\) at line \d+: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use\.$/,
      ),
    });
    expect(await marks()).toEqual(['seed of r-test: loading']);
    await resumed();
  });

  test('killed in the middle of the load, it is taken up again, and nothing of the killed one writes any more', async () => {
    const {folder, go} = held(withDump);
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=switcharoo-source', program],
      {env: {...process.env, SEED: JSON.stringify(configs(folder))}, stdio: 'inherit'},
    );
    await loadingSession();
    child.kill('SIGKILL');
    await new Promise((ended) => child.once('exit', ended));
    expect(await marks()).toEqual(['seed of r-test: loading']);
    expect(await world.picture()).toMatchObject({replica: 'No'});
    // As a server goes on with a long statement whose client is gone.
    const orphan = await world.databases.connect(aurora(), 'admin');
    await orphan.query("SELECT GET_LOCK('switcharoo.seed', 60)");
    const writing = orphan
      .query('CREATE TABLE proof.late AS SELECT SLEEP(30) AS slept')
      .catch((error: Error) => error.message);
    await resumed();
    go();
    expect(await writing).toMatch(/closed|killed|interrupted|Lost/i);
    expect(await schemasOn(aurora())).toEqual(['proof', 'shop', 'switcharoo']);
    expect(await aurora().query("SHOW TABLES IN proof LIKE 'late'")).toEqual([]);
  });

  test('stopped in the middle of the load, it ends at once, and its session is gone', async () => {
    const {folder, go} = held(withDump);
    const placed = await world.placed(folder);
    const stopping = new AbortController();
    const [begin, hold, load] = await seed.plan(lookOf(placed), {executing: true});
    await performAll(
      placed,
      [begin, hold].filter((action) => action !== undefined),
    );
    const ended = load?.perform(placed.on['aurora']?.writer, stopping.signal, () => {});
    const failed = expect(ended).rejects.toThrow('stopped');
    await loadingSession();
    stopping.abort(new Error('stopped'));
    await failed;
    expect(await aurora().query("SELECT IS_USED_LOCK('switcharoo.seed') AS session")).toEqual([
      {session: null},
    ]);
    go();
    await resumed();
  });

  test('a replica that is written meanwhile gives no copy', async () => {
    const {folder, go} = held(withDump);
    const failed = failing(await world.placed(folder));
    await loadingSession();
    await world.databases.replica.query('INSERT INTO shop.digests (orders) VALUES (1)');
    go();
    expect(await failed).toMatchObject({
      code: 'seed-writes-on-replica',
      message: expect.stringMatching(
        /^db2 received writes while it was copied: its position was mysql-bin\.\d+:\d+, and is now mysql-bin\.\d+:\d+\.$/,
      ),
    });
    await world.databases.replica.query('DELETE FROM shop.digests WHERE orders = 1');
    await resumed();
  });

  test('no password is in the list of processes, in an environment, or in a folder', async () => {
    const folder = withDump(
      `here=$(dirname "$0")\ntr '\\0' '\\n' </proc/$$/cmdline >"$here/cmdline"\nenv >"$here/environ"\nls -l /proc/$$/fd >"$here/files"\nexec "$real" "$@"`,
    );
    await finish(await world.placed(folder));
    const [cmdline, environ, files] = ['cmdline', 'environ', 'files'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    for (const text of [cmdline, environ]) {
      expect(text).not.toContain(passwords.switcharoo);
      expect(text).not.toContain(passwords.admin);
    }
    expect(cmdline).toContain('--defaults-file=/dev/fd/3');
    expect(files).toMatch(/3 -> .*switcharoo-[0-9a-f]+ \(deleted\)/);
  });

  const program = fileURLToPath(new URL('seed-process.ts', import.meta.url));
  const configs = (clientFolder: string) => ({
    replicaConfig: {...login('switcharoo', world.databases.replica.port), clientFolder},
    auroraConfig: {...login('admin', aurora().port), clusterIdentifier: 'shop'},
  });
  const login = (user: 'switcharoo' | 'admin', port: number) => ({
    ...{host: '127.0.0.1', port, user, password: passwords[user]},
  });
  /** The session that loads, once it has loaded something. */
  const loadingSession = async (): Promise<number> => {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const [row] = await aurora().query("SELECT IS_USED_LOCK('switcharoo.seed') AS session");
      const schemas = await schemasOn(aurora());
      if (row?.['session'] && schemas.includes('proof')) {
        return Number(row['session']);
      }
      await sleep(20);
    }
    throw new Error('nobody loads');
  };
});

/** A dump that lets a part of it through, and the rest when it is told to. */
function held(withDump: (script: string) => string) {
  const folder = withDump(
    `set -o pipefail\nhere=$(dirname "$0")\n"$real" "$@" | { head -c 100000; until [ -e "$here/go" ] || [ ! -d "$here" ]; do sleep 0.05; done; cat; }`,
  );
  return {folder, go: () => existsSync(folder) && writeFileSync(join(folder, 'go'), '')};
}

/** Plans and performs it as the engine does, also when it was begun. */
async function finish(placed: Placed): Promise<{output: unknown}> {
  const {kind} = await settled(placed, true);
  if (kind === 'pending') {
    await performAll(placed, await seed.plan(lookOf(placed, true) as never, {executing: true}));
  }
  return run(placed);
}

const failing = async (placed: Placed) =>
  performAll(placed, await seed.plan(lookOf(placed) as never, {executing: true})).then(
    () => 'it did not fail',
    (error) => (error instanceof SwitcharooError ? error.problem : error),
  );
