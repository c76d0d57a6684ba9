import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

// Which run is meant by a command that names none. Two shops, each with a page of its own.
let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const page = (shop: string) => join(desk.stateFolder, `${shop}.html`);
const stands = () => ['north', 'south'].filter((shop) => existsSync(page(shop)));

async function close(shop: string, ...words: readonly string[]): Promise<string> {
  const inventory = join(desk.stateFolder, `${shop}.yaml`);
  writeFileSync(
    inventory,
    `name: ${shop}
params: {pageText: Back at six.}
targets:
  shopPage: {kind: maintenance-page, path: ${page(shop)}}
`,
  );
  const args = ['run', 'docs/examples/maintenance.ts', '-i', inventory, '--yes', '--json'];
  const ended = await desk.run(...args, ...words);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return lastDocument(ended).run;
}

test('reverse said twice does not go back through the run before', async () => {
  const first = await close('north');
  await close('south');
  expect(stands()).toEqual(['north', 'south']);
  expect((await desk.run('reverse', '--yes')).code).toBe(0);
  expect(stands()).toEqual(['north']);

  const again = await desk.run('reverse', '--yes');
  expect(again.stderr).toContain('nothing-to-reverse');
  expect(stands()).toEqual(['north']);
  expect((await desk.run('reverse', first, '--yes')).code).toBe(0);
  expect(stands()).toEqual([]);
});

test('a run that is not at its end is the one to go back through, and status names it beside a newer one', async () => {
  const first = await close('north', '--until', 'closed');
  await close('south');
  const status = lastDocument(await desk.run('status', '--json', '--offline'));
  expect(status).toMatchObject({inventory: 'south', alsoOpen: [first]});
  expect((await desk.run('status', '--offline')).stdout).toContain(
    `${first}: maintenance on north`,
  );

  expect((await desk.run('reverse', '--yes')).code).toBe(0);
  expect(stands()).toEqual(['south']);
});
