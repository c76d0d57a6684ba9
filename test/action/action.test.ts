import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {load} from 'js-yaml';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {root} from '../docs/pages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-action-'));
  mkdirSync(join(folder, 'node_modules/.bin'), {recursive: true});
  symlinkSync(join(root, 'bin/switcharoo.js'), join(folder, 'node_modules/.bin/switcharoo'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** The script itself, as the runner starts it: inputs in the environment, files for outputs and the summary. */
function act(inputs: Readonly<Record<string, string>>) {
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary.md')];
  const {status, stdout} = spawnSync('bash', [join(root, 'action/switcharoo.sh')], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      MAINTENANCE_FILE: join(folder, 'page'),
      ...inputs,
    },
  });
  const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return {status, stdout, output: textOf(output), summary: textOf(summary)};
}

const example = {
  INPUT_COMMAND: 'plan',
  INPUT_RUNBOOK: join(root, 'docs/examples/maintenance.ts'),
  INPUT_INVENTORY: join(root, 'docs/examples/maintenance.yaml'),
};

test('a plan of a pull request is in the summary, and its digest in the outputs', () => {
  const {status, output, summary, stdout} = act(example);
  expect(status, stdout).toBe(0);
  expect(output).toMatch(/^exit-code=0\ndigest=[0-9a-f]{16}\n$/);
  const [, digest = 'none'] = /digest=(.*)/.exec(output) ?? [];
  expect(summary).toMatch(/^### ✓ switcharoo plan\n\n<pre>\n/);
  expect(summary).toMatch(new RegExp(`--plan\\s+(\\\\\\s+)?${digest}\\s`));
});

test('a plan that cannot be made fails with its exit code, and nothing that an input says is run or is HTML', () => {
  const words = `<b>$(touch pwned)\`touch pwned\`; touch pwned #`;
  const {status, output, summary, stdout} = act({...example, INPUT_INVENTORY: words});
  expect(status, stdout).toBe(2);
  expect(output).toBe('exit-code=2\ndigest=\n');
  expect(summary).toMatch(/^### ✗ switcharoo plan: exit code 2\n/);
  expect(summary).toContain('inventory-not-found');
  expect(summary).toContain('&lt;b&gt;');
  expect(summary).not.toContain('<b>');
  expect(existsSync(join(folder, 'pwned'))).toBe(false);
});

test('a rehearsal that cannot start fails with its exit code', () => {
  const rehearsal = {INPUT_COMMAND: 'rehearse', INPUT_RUNBOOK: 'no-such', INPUT_REVERSE_AT: 'go'};
  const {status, summary} = act(rehearsal);
  expect(status).toBe(2);
  expect(summary).toMatch(/^### ✗ switcharoo rehearse: exit code 2\n.*runbook-not-found/s);
});

test('a project in which switcharoo is not installed: what to do first', () => {
  rmSync(join(folder, 'node_modules'), {recursive: true});
  const {status, stdout} = act(example);
  expect(status).toBe(2);
  expect(stdout).toContain(
    '::error::switcharoo is not installed here: run npm ci in an earlier step',
  );
});

test('an action without a command or an inventory says what to set', () => {
  expect(act({INPUT_COMMAND: 'run'})).toMatchObject({
    status: 2,
    stdout: '::error::Set command to plan or rehearse.\n',
  });
  expect(act({...example, INPUT_INVENTORY: ''}).stdout).toMatch(/set runbook and inventory/);
});

test('no command of the action has an input in its text, and each input reaches the script', () => {
  const action = load(readFileSync(join(root, 'action.yml'), 'utf8')) as {
    inputs: Record<string, unknown>;
    runs: {steps: {run: string; env: Record<string, string>}[]};
  };
  const script = readFileSync(join(root, 'action/switcharoo.sh'), 'utf8');
  for (const {run, env} of action.runs.steps) {
    expect(run).not.toContain('${{');
    const inputs = Object.keys(action.inputs).filter((name) => name !== 'working-directory');
    expect(Object.values(env)).toEqual(inputs.map((name) => `\${{ inputs.${name} }}`));
    for (const name of Object.keys(env)) {
      expect(script).toContain(`{${name}:-}`);
    }
  }
});
