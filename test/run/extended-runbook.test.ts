import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, expect, test} from 'vitest';
import {documentText} from '../../src/report/index.ts';
import {describedRunbook} from '../../src/run/described-runbook.ts';
import {readRunbook} from '../../src/run/read-runbook.ts';
import {folderWith} from '../inventory/folder.ts';

const from = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);
const fileWith = (change: string) =>
  `${folderWith({
    'ours.ts': `
import base from ${from('runbooks/bare-metal-to-ecs.ts')};
import {extendRunbook} from ${from('src/index.ts')};
export default extendRunbook(base)${change};`,
  })}/ours.ts`;
const host = {state: {path: '/nowhere'}} as never;
const refusal = async (change: string) => {
  const request = {runbook: fileWith(change), params: {}};
  return readRunbook(host, request).catch((error) => error);
};

describe('an extended runbook is refused where', () => {
  test('an entry uses the output of one that was left out', async () => {
    const {problems} = await refusal(`.without('verify-data')`);
    expect(problems.map(({message}: Error) => message.replace(/^.*runbook: /, ''))).toEqual([
      'the input of only-replication uses verify-data, which is no entry.',
      'the input of verify-changes uses verify-data, which is no entry.',
    ]);
  });

  test('the outage names an entry that was left out', async () => {
    const {problem} = await refusal(`.without('stop-web')`);
    expect(problem).toMatchObject({code: 'runbook-invalid'});
    expect(problem.message).toContain('outage.from names stop-web, which is no entry or unit');
  });

  test('it names a place that the base does not have', async () => {
    const {problem} = await refusal(`.before('freezing' as any, (runbook) => runbook)`);
    expect(problem.message).toContain(
      'bare-metal-to-ecs has no entry or checkpoint freezing. Did you mean freeze?',
    );
  });
});

describe('the page of a runbook', () => {
  const pageOf = async (runbook: string) =>
    documentText(await describedRunbook(host, {runbook, params: {}}));

  test('has a row for each entry, and says how it is undone, who is asked, and what it stops', async () => {
    const page = await pageOf('runbooks/bare-metal-to-ecs.ts');
    const {runbook} = await describedRunbook(host, {
      runbook: 'runbooks/bare-metal-to-ecs.ts',
      params: {},
    });
    for (const {id} of runbook.entries) {
      expect(page.split('\n').filter((line) => line.startsWith(`| \`${id}\` | `))).not.toEqual([]);
    }
    expect(page).toContain('| `go` | **Start the cutover?** |');
    expect(page).toContain('Longest outage: 30 m 00 s.');
    expect(page).toContain('- Point of no return: ');
    expect(page).toContain(
      'Outage: nobody can write from the first of `stop-web`, `freeze` until all of `open-writes`, `swap` are done.',
    );
    expect(page).toContain('It cannot be reversed.');
    // A table without one column too many, whatever the texts hold.
    for (const rows of page.split('\n\n').filter((part) => part.startsWith('| '))) {
      const columns = rows.split('\n').map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(columns).size, rows).toBe(1);
    }
  });

  test('shows with a question what the parameters of an inventory say', async () => {
    const inventory = readFileSync('inventories/production.example.yaml', 'utf8');
    const known = inventory
      .replaceAll(/\$\{(SEED_FILE|IMAGE_TAG)\}/g, 'v4')
      .replace(/\$\{SEED_POSITION\}/, '4');
    const page = documentText(
      await describedRunbook(host, {
        runbook: 'runbooks/bare-metal-to-ecs.ts',
        inventory: `${folderWith({'ours.yaml': known})}/ours.yaml`,
        params: {
          siteName: 'shop.example.com',
          otherNames: ['example.com'],
          newAddresses: ['192.0.2.7', '192.0.2.8'],
        },
      }),
    );
    expect(page).toContain(
      '<br>shop.example.com, example.com will resolve to 192.0.2.7, 192.0.2.8.<br>',
    );
  });
});
