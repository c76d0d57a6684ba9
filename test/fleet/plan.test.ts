import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {planFleet} from '../../src/fleet/fleet-plan.ts';
import {rehearsalsDue} from '../../src/fleet/rehearsals.ts';
import {waveToStart} from '../../src/fleet/wave-file.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {ProblemsError, type SwitcharooError} from '../../src/model/problem.ts';
import {fleetPlanText, plainPaint} from '../../src/report/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
const host = {state: new StateFolder(join(folder, 'state'))};
const staging = readFileSync('inventories/staging.example.yaml', 'utf8');

beforeAll(() => {
  vi.stubEnv('SEED_FILE', 'mysql-bin.000001');
  vi.stubEnv('SEED_POSITION', '4');
  vi.stubEnv('IMAGE_TAG', '2');
  mkdirSync(join(folder, 'inventories'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, {recursive: true, force: true});
});

/** The inventory of a service: as staging, with its own server, cluster and zone. */
function inventoryOf(name: string, own: {server?: string; zone?: string; service?: string} = {}) {
  const file = join(folder, 'inventories', `${name}.yaml`);
  const {server = `${name}.example`, zone = 'Z1', service = name} = own;
  const text = staging
    .replace('name: staging', `name: ${name}`)
    .replace('    host: 10.21.0.21', `    host: ${server}`)
    .replace('Z0123456789STAGING', zone)
    .replaceAll('service: shop', `service: ${service}`)
    .replaceAll('service: worker', `service: ${service}-worker`)
    .replaceAll('service: sockets', `service: ${service}-sockets`)
    .replaceAll('10.21.0.22', `replica.${name}.example`)
    .replaceAll('shop-staging.cluster', `${name}.cluster`);
  writeFileSync(file, text);
  return file;
}

const unitOf = (name: string, own: Parameters<typeof inventoryOf>[1] = {}) => ({
  runbook: 'warm-cutover',
  inventory: inventoryOf(name, own),
});

let files = 0;
function written(fleet: unknown): string {
  files += 1;
  const file = join(folder, `waves-${files}.ts`);
  writeFileSync(file, `export default ${JSON.stringify(fleet)};\n`);
  return file;
}

async function problemsOf(fleet: unknown): Promise<readonly string[]> {
  try {
    await planFleet(host, written(fleet));
  } catch (error) {
    const problems =
      error instanceof ProblemsError ? error.problems : [(error as SwitcharooError).problem];
    return problems.map(({code, message}) =>
      `${code}: ${message}`
        .replaceAll(/\S*waves-\d+\.ts/g, 'waves.ts')
        .replaceAll(`${folder}/`, ''),
    );
  }
  return [];
}

describe('a plan of a fleet', () => {
  test('has its waves in their order, who approves them, and each unit after those that it waits for', async () => {
    const fleet: Fleet = {
      name: 'to-aws',
      atOnce: {units: 4, databaseHost: 1, account: 1},
      waves: {
        pilot: {units: {blog: unitOf('blog')}},
        shops: {
          approve: {by: ['kim', 'lee'], of: 1},
          units: {shop: {...unitOf('shop'), after: ['stock']}, stock: unitOf('stock')},
        },
      },
    };
    const file = written(fleet);
    const plan = await planFleet(host, file);
    expect(plan.next).toEqual([`fleet rehearse ${file}`, `fleet start pilot --file ${file}`]);
    expect(fleetPlanText(plan, {width: 100, paint: plainPaint})).toBe(
      [
        'Fleet to-aws: 3 units in 2 waves',
        'At most at once: 4 units, 1 on a database server, 1 in an account.',
        '',
        'Wave pilot: 1 unit',
        '  blog  warm-cutover on blog  never measured',
        '',
        `Wave shops: 2 units, after pilot, needs the approval of 1 of kim, lee, digest ${plan.waves[1]?.digest}`,
        '  stock  warm-cutover on stock  never measured',
        '  shop   warm-cutover on shop   never measured    after stock',
        '  ⇄ hosted zone Z1: shared by stock, shop; one after the other, by "after".',
        '  ⇄ ECS cluster shop-staging in eu-central-1: shared by stock, shop; one after the other, by',
        '    "after".',
        '  ⇄ Route 53 in the account of the default credentials: shared by stock, shop; one after the other,',
        '    by atOnce.account. They send up to 5 requests a second; Route 53 takes 5.',
        '',
        '! warm-cutover was never rehearsed to its end as it is now (3 units). To rehearse it: fleet rehearse',
        '',
        `Digest of this plan: ${plan.digest}`,
      ].join('\n'),
    );
  });

  test('from a later wave on, has nothing of the waves before it but their part of the digest', async () => {
    const over = inventoryOf('from-over');
    writeFileSync(over, `${readFileSync(over, 'utf8')}window: {until: 2020-12-05T02:00}\n`);
    const first = {units: {old: {runbook: 'warm-cutover', inventory: over}}};
    const second = {units: {blog: {...unitOf('from-blog'), network: 'dmz'}}};
    const file = written({name: 'from', waves: {first, second}});
    const whole = await planFleet(host, file);
    const plan = await planFleet(host, file, {from: 'second'});
    const text = fleetPlanText(plan, {width: 200, paint: plainPaint});
    expect(text).toContain('Runners that this fleet needs: fleet runner --network dmz.');
    expect(text).toContain('blog  warm-cutover on from-blog  never measured    network dmz');
    expect([whole.remarks.join(' '), plan.remarks.join(' ')]).toEqual([
      expect.stringContaining('old has no open time left in its window.'),
      expect.not.stringContaining('old '),
    ]);
    expect([plan.from, plan.digest]).toEqual(['second', whole.digest]);
    expect(plan.waves.map(({wave}) => wave)).toEqual(['second']);
    await expect(planFleet(host, file, {from: 'third'})).rejects.toMatchObject({
      problem: {code: 'fleet-wave-not-in-file'},
    });
  });

  test('has another digest once an inventory of a unit has changed', async () => {
    const fleet = {name: 'one', waves: {all: {units: {blog: unitOf('digest-blog')}}}};
    const before = await planFleet(host, written(fleet));
    expect((await planFleet(host, written(fleet))).digest).toBe(before.digest);
    for (const {wave, digest} of before.waves) {
      expect((await waveToStart(host, written(fleet), wave)).digest).toBe(digest);
    }
    const limited = {...fleet, atOnce: {units: 50}};
    expect((await planFleet(host, written(limited))).digest).not.toBe(before.digest);
    inventoryOf('digest-blog', {zone: 'Z9'});
    expect((await planFleet(host, written(fleet))).digest).not.toBe(before.digest);
  });

  test('names the units of a wave that share a server, a zone, a cluster or Route 53, and what happens', async () => {
    const server = {server: 'shared.example'};
    const copy = (name: string) => ({
      ...{runbook: 'first-copy'},
      inventory: inventoryOf(name, server),
    });
    const opens =
      'window: {from: 2099-12-05T02:00, until: 2099-12-05T06:00, timeZone: Europe/Berlin}';
    const windowed = inventoryOf('shared-c', {zone: 'Z7'});
    writeFileSync(windowed, `${readFileSync(windowed, 'utf8')}${opens}\n`);
    const units = {
      ...{a: copy('shared-a'), b: copy('shared-b')},
      ...{c: {runbook: 'warm-cutover', inventory: windowed}, d: unitOf('shared-d', {zone: 'Z7'})},
    };
    const plan = async (atOnce: object) => {
      const read = await planFleet(host, written({name: 'share', atOnce, waves: {all: {units}}}));
      const lines = fleetPlanText(read, {width: 200, paint: plainPaint}).split('\n');
      return lines.filter((line) => /⇄|window|^Times/i.test(line)).map((line) => line.trim());
    };
    expect(await plan({databaseHost: 1, units: 3})).toEqual([
      'Times assume that the first wave starts now, and each later wave as soon as the one before it is done.',
      'c  warm-cutover on shared-c  never measured    window: 2099-12-05 02:00 Europe/Berlin (01:00 UTC) to 2099-12-05 06:00 Europe/Berlin (05:00 UTC)',
      '⇄ database server shared.example:3306: shared by a, b; one after the other, by atOnce.databaseHost.',
      '⇄ hosted zone Z7: shared by c, d; up to 2 at once. To limit them, set atOnce.zone.',
      '⇄ ECS cluster shop-staging in eu-central-1: shared by c, d; up to 2 at once. To limit them, set atOnce.cluster.',
      '⇄ Route 53 in the account of the default credentials: shared by c, d; up to 2 at once. To limit them, set atOnce.account. They send up to 10 requests a second; Route 53 takes 5.',
    ]);
    expect((await plan({zone: 1, units: 1})).slice(3)).toEqual([
      '⇄ hosted zone Z7: shared by c, d; one after the other, by atOnce.zone.',
      '⇄ ECS cluster shop-staging in eu-central-1: shared by c, d; one after the other, by atOnce.units.',
      '⇄ Route 53 in the account of the default credentials: shared by c, d; one after the other, by atOnce.units. They send up to 5 requests a second; Route 53 takes 5.',
    ]);
  });

  test('says where units share the five requests a second that Route 53 takes', async () => {
    const waves = {all: {units: {a: unitOf('dns-a'), b: unitOf('dns-b'), c: unitOf('dns-c')}}};
    const unrehearsed =
      'warm-cutover was never rehearsed to its end as it is now (3 units). To rehearse it: fleet rehearse';
    const {remarks} = await planFleet(host, written({name: 'dns', atOnce: {units: 2}, waves}));
    expect(remarks).toEqual([
      'all: up to 2 units at once send 10 requests a second to Route 53 in the account of the default credentials, which takes 5. Lower requestsPerSecond of their zones, or atOnce.account.',
      unrehearsed,
    ]);
    const one = await planFleet(host, written({name: 'dns', atOnce: {account: 1}, waves}));
    expect(one.remarks).toEqual([unrehearsed]);
  });
});

describe('a fleet is refused before the night', () => {
  test('when two units freeze the same server, in whatever wave', async () => {
    const one = unitOf('same-a', {server: 'db.example'});
    const other = unitOf('same-b', {server: 'db.example'});
    const waves = {first: {units: {one}}, second: {units: {other}}};
    expect(await problemsOf({name: 'same', waves})).toEqual([
      'fleet-collision: one, other: each of them freezes the database server db.example:3306, and a freeze stops every application that writes there.',
    ]);
  });

  test('when a unit works on a server while another one freezes it', async () => {
    const cutover = unitOf('use-a', {server: 'used.example'});
    const copy = {
      ...{runbook: 'first-copy'},
      inventory: inventoryOf('use-b', {server: 'used.example'}),
    };
    const fleet = (more: object, after: object = {}) => ({
      ...{name: 'use', ...more},
      waves: {all: {units: {cutover, copy: {...copy, ...after}}}},
    });
    expect(await problemsOf(fleet({}))).toEqual([
      'fleet-collision: cutover, copy: cutover freezes the database server used.example:3306 while the others may work on it.',
    ]);
    expect(await problemsOf(fleet({atOnce: {databaseHost: 1}}))).toEqual([]);
    expect(await problemsOf(fleet({}, {after: ['cutover']}))).toEqual([]);
  });

  test('when two units change one service at once', async () => {
    const own = {service: 'both'};
    const waves = {all: {units: {a: unitOf('ecs-a', own), b: unitOf('ecs-b', own)}}};
    expect(await problemsOf({name: 'ecs', waves})).toEqual([
      'fleet-collision: a, b: each of them changes the service shop-staging in eu-central-1/both, and they may do so at the same time.',
    ]);
    const apart = {one: {units: {a: waves.all.units.a}}, two: {units: {b: waves.all.units.b}}};
    expect(await problemsOf({name: 'ecs', waves: apart})).toEqual([]);
  });

  test('when two units would take the same lock at once', async () => {
    const copy = {runbook: 'first-copy', inventory: inventoryOf('lock-a')};
    const other = {...copy, inventory: inventoryOf('lock-b')};
    const fleet = (b: object) => ({
      name: 'lock',
      waves: {all: {units: {a: copy, b: {...copy, ...b}}}},
    });
    const refused =
      'fleet-collision: a, b: they have the same runbook, inventory and targets, and the lock of one run stops the others.';
    expect(await problemsOf(fleet({}))).toContain(refused);
    expect(await problemsOf(fleet(other))).toEqual([]);
    expect(await problemsOf(fleet({after: ['a']}))).not.toContain(refused);
  });

  test('when a unit waits for itself, for no unit, or for a later wave', async () => {
    const [a, b] = [unitOf('wait-a'), unitOf('wait-b')];
    expect(
      await problemsOf({
        name: 'wait',
        waves: {all: {units: {a: {...a, after: ['b']}, b: {...b, after: ['a']}}}},
      }),
    ).toEqual(['fleet-invalid: waves.ts is not a fleet: b waits for itself: it comes after a.']);
    expect(
      await problemsOf({
        name: 'wait',
        waves: {
          first: {units: {stock: {...a, after: ['shop', 'stok']}}},
          second: {units: {shop: b}},
        },
      }),
    ).toEqual([
      'fleet-invalid: waves.ts is not a fleet: stock of first comes after shop, which is in the later wave second.',
      'fleet-invalid: waves.ts is not a fleet: stock comes after stok, which is not a unit. Did you mean stock?',
    ]);
  });

  test('when a name is there twice, a field is unknown, or nobody can approve', async () => {
    const a = unitOf('twice-a');
    expect(
      await problemsOf({name: 'twice', waves: {one: {units: {a}}, two: {units: {a}}}}),
    ).toEqual(['fleet-invalid: waves.ts is not a fleet: More than one unit is named a.']);
    const [problem] = await problemsOf({
      name: 'Twice',
      atOnce: {unit: 1},
      waves: {one: {units: {a: {...a, afer: []}}, approve: {by: ['kim'], of: 2}}},
    });
    expect(problem?.split('\n').map((line) => line.trim())).toEqual([
      'fleet-invalid: waves.ts is not a fleet: ✖ lower-case letters, digits and hyphens',
      '→ at name',
      '✖ Unrecognized key: "unit"',
      '→ at atOnce',
      '✖ "by" names fewer roles than must approve',
      '→ at waves.one.approve',
      '✖ Unrecognized key: "afer"',
      '→ at waves.one.units.a',
    ]);
  });

  test('with everything that is wrong in its units at once', async () => {
    const waves = {
      all: {
        units: {a: {runbook: 'no-such', inventory: 'lab'}, b: {...unitOf('bad'), params: {no: 1}}},
      },
    };
    const problems = await problemsOf({name: 'bad', waves});
    expect(problems.map((problem) => problem.split(': ').slice(0, 2).join(': '))).toEqual([
      'fleet-unit-invalid: a',
      'fleet-unit-invalid: b',
    ]);
  });

  test('when its file is not there, or does not compile', async () => {
    await expect(planFleet(host, join(folder, 'none.ts'))).rejects.toMatchObject({
      problem: {code: 'fleet-not-found'},
    });
    const file = join(folder, 'broken.ts');
    writeFileSync(file, 'export default {');
    await expect(planFleet(host, file)).rejects.toMatchObject({
      problem: {code: 'fleet-load-failed'},
    });
  });
});

test('a runbook whose units have parameters of their own is rehearsed once to its end, and once back', () => {
  const rehearsal = {runbook: 'shop', word: 'shop.ts', units: ['a'], reverseAt: 'accept'};
  const never = {...rehearsal, forward: null, back: null};
  const others = {...rehearsal, word: 'stock.ts', forward: 'r-1'};
  const due = rehearsalsDue([never, never, {...others, back: null}, {...others, back: 'r-2'}]);
  expect(due).toEqual([
    {runbook: 'shop.ts', reverseAt: undefined},
    {runbook: 'shop.ts', reverseAt: 'accept'},
    {runbook: 'stock.ts', reverseAt: 'accept'},
  ]);
});
