import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'bare-metal-to-ecs';
let desk: Desk;
let folder: string;

beforeAll(async () => {
  desk = openDesk();
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-input-'));
});
afterAll(async () => {
  await desk.clear();
  rmSync(folder, {recursive: true, force: true});
});

interface Refused {
  readonly code: number | null;
  readonly codes: readonly string[];
}

async function refused(...words: readonly string[]): Promise<Refused> {
  const ended = await desk.run(...words, '--json');
  expect(ended.stderr).toBe('');
  const {problems} = lastDocument(ended);
  return {code: ended.code, codes: problems.map(({code}: {code: string}) => code)};
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('wrong words are told in JSON too', async () => {
  const ended = await desk.run('plan', '--json');
  expect(ended.code).toBe(2);
  expect(lastDocument(ended)).toMatchObject({
    problems: [{code: 'usage-error', message: expect.stringContaining('--inventory')}],
  });
});

test.for([
  ['status', '-i', 'lab', '--shared', 's3://our-cutovers/shop'],
  ['status', '-i', 'lab', '--watch'],
  ['status', '20260301-031205-4f2a', '-i', 'lab'],
  ['approve', '20260301-031205-4f2a', 'go', '-i', 'lab', '--shared', 's3://our-cutovers/shop'],
  ['log', '--verify', '--follow'],
  ['live', '--to', 'page', '--port', '8080'],
])('an option that would be left out without a word is refused: %j', async (words) => {
  expect(await refused(...words)).toEqual({code: 2, codes: ['usage-error']});
});

describe('words and files that cannot be used, with no lab up', () => {
  test.for([
    {
      name: 'an inventory that does not exist',
      words: ['plan', runbook, '-i', 'nowhere'],
      codes: ['inventory-not-found'],
      code: 2,
    },
    {
      name: 'an inventory with a dot in its name is found, and is not complete',
      words: ['plan', runbook, '-i', 'production.example'],
      codes: ['inventory-variable-missing'],
      code: 2,
    },
    {
      name: 'a page that could not be written, before the rehearsal',
      words: ['rehearse', runbook, '--html', '/nowhere/page.html'],
      codes: ['report-write-failed'],
      code: 2,
    },
    {
      name: 'an end of repeated checks, where none is repeated',
      words: ['preflight', '-i', 'lab', '--until', '03:00'],
      codes: ['usage-error'],
      code: 2,
    },
    {
      name: 'a load of definitions, where checks are repeated',
      words: ['preflight', '-i', 'lab', '--every', '30m', '--load-schema'],
      codes: ['usage-error'],
      code: 2,
    },
    {
      name: 'a runbook that does not exist',
      words: ['plan', 'nothing', '-i', 'lab'],
      codes: ['runbook-not-found'],
      code: 2,
    },
    {
      name: 'the lab, which is not up',
      words: ['plan', runbook, '-i', 'lab'],
      codes: ['lab-not-running'],
      code: 3,
    },
    {
      name: 'a run that does not exist',
      words: ['status', '20200101-000000-abcd'],
      codes: ['unknown-run'],
      code: 2,
    },
    {name: 'a resume with no run at all', words: ['resume'], codes: ['unknown-run'], code: 2},
    {
      name: 'a step that does not exist',
      words: ['steps', 'mysql.nothing'],
      codes: ['unknown-step'],
      code: 2,
    },
  ])('$name', async ({words, codes, code}) => {
    expect(await refused(...words)).toEqual({code, codes});
  });

  test('an unknown option says where help is', async () => {
    const ended = await desk.run('plan', runbook, '-i', 'lab', '--dry-run');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--help');
  });

  test('a runbook that is not TypeScript, and one that throws', async () => {
    const broken = file('broken.ts', 'export default defineRunbook({');
    expect(await refused('plan', broken, '-i', 'lab')).toEqual({
      code: 2,
      codes: ['runbook-load-failed'],
    });
    const throwing = file('throwing.ts', "throw new Error('no');");
    expect(await refused('plan', throwing, '-i', 'lab')).toEqual({
      code: 2,
      codes: ['runbook-load-failed'],
    });
    const empty = file('empty.ts', 'export default {};');
    expect(await refused('plan', empty, '-i', 'lab')).toEqual({
      code: 2,
      codes: ['runbook-invalid'],
    });
  });
});

describe('an inventory that does not fit the world of the lab', () => {
  let lab: string;
  beforeAll(async () => {
    await desk.run('lab', 'up', '--clients', '0');
    lab = await readFile(new URL('../../inventories/lab.yaml', import.meta.url), 'utf8');
  });

  const changed = (name: string, ...changes: readonly (readonly [string, string])[]): string => {
    const text = changes.reduce((so, [from, to]) => {
      expect(so).toContain(from);
      return so.replaceAll(from, to);
    }, lab);
    return file(`${name}.yaml`, text);
  };

  test('several missing targets and secrets come at once', async () => {
    const path = changed(
      'missing',
      ['LAB_SWITCHAROO_PASSWORD', 'NO_SUCH_SECRET'],
      ['  zone:\n    kind: route53-zone', '  zone:\n    kind: dns'],
    );
    const {code, codes} = await refused('plan', runbook, '-i', path);
    expect(code).toBe(2);
    expect([...codes].sort()).toEqual(['secret-missing', 'secret-missing', 'target-wrong-kind']);
  });

  test('a parameter of the wrong type', async () => {
    const path = changed('params', ['tasks: 2', 'tasks: many']);
    expect(await refused('plan', runbook, '-i', path)).toEqual({
      code: 2,
      codes: ['params-invalid'],
    });
  });

  test('wrong passwords, hosts, zones and clusters: every one is a line of the plan, and nothing is done', async () => {
    const path = changed(
      'wrong',
      ['{env: LAB_SWITCHAROO_PASSWORD}', '{env: LAB_ADMIN_PASSWORD}'],
      ['zoneId: Z0LABSHOP', 'zoneId: Z0NOWHERE'],
      ['cluster: shop', 'cluster: nowhere'],
      ['user: deploy', 'user: nobody'],
    );
    const ended = await desk.run('run', runbook, '-i', path, '--yes', '--json');
    expect(ended.code, ended.stdout + ended.stderr).toBe(3);
    const planned = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .find(({kind}) => kind === 'planned');
    const blocked = planned.plan.items.filter(
      ({outlook}: {outlook?: string}) => outlook === 'blocked',
    );
    const codes = Object.fromEntries(
      blocked.map(({entry, code}: {entry: string; code: string}) => [entry, code]),
    );
    expect(codes).toMatchObject({
      'ready-source': 'mysql-access-denied',
      freeze: 'mysql-access-denied',
      'lower-ttl': 'route53-zone-not-found',
      deploy: 'ecs-cluster-not-found',
      'stop-web': 'host-login-refused',
    });
    expect(ended.stdout).not.toMatch(/\n\s+at /);
    expect(lastDocument(await desk.run('runs', '--json'))).toEqual({runs: [], next: []});
  });

  test('accounts that lack a right: it is named before the night, with the GRANT to paste', async () => {
    const whole = await desk.run('permissions', runbook, '-i', 'lab', '--json');
    expect([whole.code, lastDocument(whole).missing]).toEqual([0, []]);
    const path = changed(
      'poor',
      ['user: switcharoo', 'user: repl'],
      ['LAB_SWITCHAROO_PASSWORD', 'LAB_REPL_PASSWORD'],
    );
    const ended = await desk.run('permissions', runbook, '-i', path, '--json');
    const {missing, targets} = lastDocument(ended);
    expect(ended.code).toBe(3);
    const named = missing.map(({target, need}: {target: string; need: string}) => [target, need]);
    expect(named).toContainEqual(['source', 'SUPER ON *.*']);
    expect(named).toContainEqual(['replica', 'SELECT ON *.*']);
    const [source] = targets.filter(({target}: {target: string}) => target === 'source');
    expect(source.rights[0].grants[0].text).toMatch(
      /^GRANT .*\bSUPER\b.* ON \*\.\* TO 'repl'@'%';$/,
    );
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/PASSWORD '\*/);
  });
});
