import {spawnSync} from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {skeletonOf} from '../../scripts/new-step.ts';
import {root} from '../docs/pages.ts';

test.each([
  {name: 'drain-instances', says: '"drain-instances" is not the name of a step.'},
  {name: 'ecs.Drain', says: '"ecs.Drain" is not the name of a step.'},
  {name: 'nomad.drain-nodes', says: 'There is no technology nomad: write steps/nomad/contract.ts'},
  {name: 'ecs.deploy-image', says: 'steps/ecs/deploy-image.ts exists already.'},
])('$name is refused', ({name, says}) => {
  expect(() => skeletonOf(name, root)).toThrow(says);
});

describe('the skeleton of a step', () => {
  const skeleton = skeletonOf('ecs.drain-instances', root);
  const copy = mkdtempSync(join(tmpdir(), 'switcharoo-new-step-'));
  afterAll(() => rmSync(copy, {recursive: true, force: true}));

  beforeAll(() => {
    const kept = [
      'src',
      'steps',
      'bench',
      'lab',
      'test',
      'scripts',
      'docs',
      'runbooks',
      'inventories',
      'bin',
    ];
    for (const part of [...kept, 'package.json', 'tsconfig.json', 'biome.json', 'CHANGELOG.md']) {
      cpSync(join(root, part), join(copy, part), {recursive: true});
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const {file, text} of skeleton) {
      mkdirSync(dirname(join(copy, file)), {recursive: true});
      writeFileSync(join(copy, file), text);
    }
    writeFileSync(
      join(copy, 'vitest.config.ts'),
      "export default {resolve: {conditions: ['switcharoo-source']}, ssr: {resolve: {conditions: ['switcharoo-source']}}};\n",
    );
  });

  const run = (...words: readonly string[]) =>
    spawnSync('npx', words, {cwd: copy, encoding: 'utf8', env: {...process.env, NO_COLOR: '1'}});

  test('compiles and is formatted', () => {
    const alone = {extends: './tsconfig.json', include: skeleton.map(({file}) => file)};
    writeFileSync(join(copy, 'tsconfig.skeleton.json'), JSON.stringify(alone));
    expect(run('tsc', '--noEmit', '-p', 'tsconfig.skeleton.json').stdout).toBe('');
    expect(run('biome', 'check', 'steps/ecs', 'test/steps/ecs', 'CHANGELOG.md').stderr).toBe('');
  });

  test('is exported by its technology, in the order of the files', () => {
    const face = readFileSync(join(copy, 'steps/ecs/index.ts'), 'utf8');
    expect(face).toMatch(
      /export \{deployImage\} from '.\/deploy-image.ts';\nexport \{drainInstances\} from '.\/drain-instances.ts';\n/,
    );
  });

  test('has laws that fail because the step is not written yet', () => {
    const {status, stdout, stderr} = run('vitest', 'run', 'test/steps/ecs/drain-instances.test.ts');
    expect(status).toBe(1);
    const reasons = `${stdout}${stderr}`.match(/^Error: .*$/gm) ?? [];
    expect(reasons.length).toBeGreaterThan(0);
    expect(
      reasons.every((each) => each.includes('ecs.drain-instances is blocked, not pending')),
    ).toBe(true);
  });
});
