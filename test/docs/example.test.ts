import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import runbook from '../../docs/examples/maintenance.ts';
import ours from '../../docs/examples/our-cutover.ts';
import {maintenancePage, showMaintenancePage} from '../../docs/examples/show-maintenance-page.ts';
import {type Desk, openDesk} from '../cli/switcharoo.ts';
import {blocks, read} from './pages.ts';

/** The program is started: seconds, on a machine with much else to do. */
const folder = mkdtempSync(join(tmpdir(), 'switcharoo-docs-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

lawsOfStep({
  step: showMaintenancePage,
  input: {text: 'Back at six.'},
  world: async () => {
    const path = join(mkdtempSync(join(folder, 'page-')), 'page');
    writeFileSync(path, 'Back at five.');
    const page = await maintenancePage.open({path}, {name: 'page', signal: never()});
    return {sessions: {page}, picture: async () => textAt(path), close: () => page.close()};
  },
});

describe('the example of the docs', () => {
  const path = join(folder, 'maintenance.html');
  let desk: Desk;
  beforeAll(() => {
    process.env['MAINTENANCE_FILE'] = path;
    desk = openDesk();
  });
  afterAll(async () => {
    delete process.env['MAINTENANCE_FILE'];
    await desk.clear();
  });

  test.each([
    'docs/examples/show-maintenance-page.ts',
    'docs/examples/maintenance.ts',
    'docs/examples/maintenance.yaml',
    'docs/examples/run-maintenance.ts',
    'docs/examples/maintenance.test.ts',
    'docs/examples/on-the-lab.test.ts',
    'docs/examples/our-cutover.ts',
    'templates/project/runbooks/our-cutover.ts',
    'templates/project/inventories/lab.yaml',
    'templates/project/steps/post-notice.ts',
    'templates/project/test/post-notice.test.ts',
  ])('is printed there as it is: %s', (file) => {
    const shown = blocks.filter(({text}) => text === read(file));
    expect(shown.length).toBeGreaterThan(0);
  });

  test('runs from the command line, and back', async () => {
    const words = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];
    expect((await desk.run('plan', ...words)).code).toBe(0);
    expect(textAt(path)).toBeNull();
    expect((await desk.run('run', ...words, '--yes')).code).toBe(0);
    expect(textAt(path)).toBe('Back at six.');
    expect((await desk.run('reverse', '--yes')).code).toBe(0);
    expect(textAt(path)).toBeNull();
  });

  test('extends a shipped runbook: its own entries are in their places, and it is safe', async () => {
    const ids = ours.entries.map(({id}) => id);
    expect(ids[ids.indexOf('partner-ready') + 1]).toBe('go');
    expect(ids[ids.indexOf('smoke') + 1]).toBe('help');
    const {code, stdout} = await desk.run('verify', 'docs/examples/our-cutover.ts', '--json');
    expect(JSON.parse(stdout)).toMatchObject({counterexamples: []});
    expect(code).toBe(0);
  });

  test('has one entry of each sort', () => {
    expect(runbook.items.map(({kind}) => kind)).toEqual(['entry', 'entry', 'checkpoint']);
  });
});

const never = () => new AbortController().signal;

function textAt(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
