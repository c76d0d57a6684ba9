import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {load} from 'js-yaml';
import {expect, test, vi} from 'vitest';
import {variablesOfNextLab} from '../../lab/next-lab.ts';
import {initProject} from '../../src/cli/actions/init.ts';
import {type App, openApp} from '../../src/cli/app.ts';
import {loadFleet} from '../../src/fleet/fleet-file.ts';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {loadRunbook, onlyRunbook} from '../../src/inventory/runbook-file.ts';
import {paramsFor} from '../../src/inventory/targets.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {read} from '../docs/pages.ts';
import {folderWith} from '../inventory/folder.ts';

const files = [
  '.github/workflows/plan.yml',
  '.github/workflows/rehearse.yml',
  '.gitignore',
  'inventories/lab.yaml',
  'inventories/staging.yaml',
  'package.json',
  'runbooks/our-cutover.ts',
  'steps/post-notice.ts',
  'test/post-notice.test.ts',
  'tsconfig.json',
  'waves.ts',
];

function init(folder: string, json = true): any {
  const printed: string[] = [];
  const app: App = {...openApp({json}), width: 100, print: (text) => printed.push(text)};
  initProject(app, folder);
  return json ? JSON.parse(printed.join('\n')) : printed.join('\n');
}

test('a new folder becomes a project, and it is said what to type next', () => {
  const folder = join(folderWith({}), 'Our Cutover');
  expect(init(folder)).toMatchObject({
    written: files,
    kept: [],
    next: [
      expect.stringMatching(/^cd '.*Our Cutover'$/),
      'npm install',
      'npx switcharoo rehearse',
      'npm test',
      'npx switcharoo fleet rehearse',
      'npx switcharoo plan our-cutover -i staging',
    ],
  });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const {dependencies, devDependencies, version} = JSON.parse(read('package.json') ?? '');
  expect(manifest).toEqual({
    name: 'our-cutover',
    private: true,
    type: 'module',
    scripts: {test: 'tsc && vitest run', rehearse: 'switcharoo rehearse'},
    dependencies: {switcharoo: `^${version}`, zod: dependencies.zod},
    devDependencies: {
      '@switcharoo/lab': `^${version}`,
      '@types/node': devDependencies['@types/node'],
      typescript: devDependencies.typescript,
      vitest: devDependencies.vitest,
    },
  });
});

interface Workflow {
  readonly on: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {if?: string; steps: {run?: string; uses?: string; with?: Record<string, string>}[]}
    >
  >;
}

test('its workflows use the action of the installed package: a plan on a pull request, a rehearsal at night', () => {
  const folder = join(folderWith({}), 'ours');
  init(folder);
  const workflow = (name: string) =>
    load(readFileSync(join(folder, '.github/workflows', name), 'utf8')) as Workflow;
  const {inputs} = load(read('action.yml') ?? '') as {inputs: Record<string, unknown>};
  const [plan, rehearse] = [workflow('plan.yml'), workflow('rehearse.yml')];
  expect(plan.on).toBe('pull_request');
  expect(rehearse.on).toMatchObject({schedule: [{cron: expect.any(String)}]});
  // Without systems that it reaches, a pull request would fail for that alone.
  expect(plan.jobs['plan']?.if).toContain('vars.PLAN_INVENTORY');
  for (const [command, {jobs}] of Object.entries({plan, rehearse})) {
    const steps = jobs[command]?.steps ?? [];
    const installs = steps.findIndex(({run}) => run === 'npm ci');
    const acts = steps.findIndex(({uses}) => uses === './node_modules/switcharoo');
    expect(acts, command).toBeGreaterThan(installs);
    expect(installs, command).toBeGreaterThan(0);
    expect(steps[acts]?.with).toMatchObject({command});
    const unknown = Object.keys(steps[acts]?.with ?? {}).filter((name) => !(name in inputs));
    expect(unknown, command).toEqual([]);
  }
});

test('what is there is left as it was, and what a package.json lacks is a command to paste', () => {
  const mine = {
    'package.json': '{"name": "mine", "dependencies": {"zod": "^4.0.0", "switcharoo": "file:x"}}',
    'steps/post-notice.ts': '// mine\n',
  };
  const folder = folderWith({'package.json': mine['package.json']});
  mkdirSync(join(folder, 'steps'));
  writeFileSync(join(folder, 'steps/post-notice.ts'), mine['steps/post-notice.ts']);
  const first = init(folder);
  expect(first.kept).toEqual(Object.keys(mine));
  expect(first.next.slice(1, 3)).toEqual([
    "npm pkg set type=module scripts.test='tsc && vitest run'",
    expect.stringMatching(
      /^npm install --save-dev '@switcharoo\/lab@\^.*' '@types\/node@\^.*' 'typescript@\^.*' 'vitest@\^.*'$/,
    ),
  ]);
  for (const [file, text] of Object.entries(mine)) {
    expect(readFileSync(join(folder, file), 'utf8')).toBe(text);
  }
  expect(init(folder)).toMatchObject({written: [], kept: files});
  expect(init(folder, false)).toContain('Left as they were\n  .github/workflows/plan.yml');
});

test('a folder that is a file is named, and nothing is written', () => {
  const folder = folderWith({inventories: 'a file'});
  let problem: unknown;
  try {
    init(folder);
  } catch (error) {
    problem = error instanceof SwitcharooError && error.problem;
  }
  expect(problem).toMatchObject({
    code: 'project-not-written',
    message: expect.stringMatching(/inventories\/lab.yaml cannot be written: (EEXIST|ENOTDIR)\.$/),
  });
  expect(readFileSync(join(folder, 'inventories'), 'utf8')).toBe('a file');
});

test("the project's inventories have what its runbook needs, for staging and for the lab of its fleet", async () => {
  const folder = folderWith({});
  init(folder);
  const {runbook} = await loadRunbook('templates/project/runbooks/our-cutover.ts');
  const variables = {HOME: '/home/ada', SEED_FILE: 'bin.1', SEED_POSITION: '4', IMAGE_TAG: '7'};
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(name, value);
  }
  const staging = loadInventory(join(folder, 'inventories/staging.yaml'), folder);
  vi.unstubAllEnvs();
  expect(staging.name).toBe('staging');
  expect(paramsFor(runbook, staging)).toMatchObject({
    notice: 'Staging is moving. Change nothing here.\n',
  });
  expect(Object.keys(staging.targets)).toEqual(
    expect.arrayContaining(Object.keys(runbook.head.targets)),
  );

  const lab = loadInventory(join(folder, 'inventories/lab.yaml'), folder, variablesOfNextLab());
  expect(lab).toMatchObject({name: 'lab', lab: true});
  expect(paramsFor(runbook, lab)).toMatchObject({
    notice: 'The shop is moving. Change nothing here.\n',
    siteName: 'www.shop.test',
  });
  await expect(loadFleet('templates/project/waves.ts')).resolves.toMatchObject({
    fleet: {waves: {pilot: {units: {shop: {runbook: 'our-cutover', inventory: 'lab'}}}}},
  });
});

test('the only runbook of a project needs no name; of several, one is named', () => {
  const before = process.cwd();
  try {
    process.chdir(folderWith({}));
    expect(onlyRunbook('shipped')).toBe('shipped');
    mkdirSync('runbooks');
    writeFileSync('runbooks/ours.ts', '');
    expect(onlyRunbook('shipped')).toBe('ours');
    writeFileSync('runbooks/other.ts', '');
    expect(() => onlyRunbook('shipped')).toThrow(
      'There are 2 runbooks in runbooks/, and none is named: other, ours.',
    );
  } finally {
    process.chdir(before);
  }
});
