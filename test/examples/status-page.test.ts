import {mkdirSync, symlinkSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {expect, test} from 'vitest';
import {announce, statusPage} from '../../examples/switcharoo-status-page/index.js';
import {ownLibrary} from '../../src/run/own-library.ts';
import {root} from '../docs/pages.ts';
import {folderWith} from '../inventory/folder.ts';

lawsOfStep({
  step: announce,
  input: {text: 'We are moving.'},
  world: async () => {
    let message: string | null = 'All is well.';
    const server = createServer(async (request, response) => {
      if (request.method === 'PUT') {
        let body = '';
        for await (const chunk of request) {
          body += chunk;
        }
        message = JSON.parse(body).message;
      }
      response.end(JSON.stringify({message}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const {signal} = new AbortController();
    const page = await statusPage.open({url, token: 't'}, {name: 'page', signal});
    return {
      sessions: {page},
      picture: async () => message,
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  },
});

const step = `import {defineGate, done} from 'switcharoo';
import {z} from 'zod';
export const ours = defineGate({
  name: 'our.gate', summary: 'Ours.', targets: {}, needs: {}, input: z.object({}), output: z.object({}),
  timeoutMs: 1_000, async check() { return done({}); },
});
export const helper = () => {};
`;

function projectWith(files: Readonly<Record<string, string>>): string {
  const dependencies = {switcharoo: '*', 'switcharoo-status-page': '*', 'switcharoo-lost': '*'};
  const folder = folderWith({'package.json': JSON.stringify({dependencies}), ...files});
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, place] of [
    ['switcharoo', '.'],
    ['zod', 'node_modules/zod'],
    ['switcharoo-status-page', 'examples/switcharoo-status-page'],
  ] as const) {
    symlinkSync(join(root, place), join(folder, 'node_modules', name));
  }
  return folder;
}

test('a project finds the steps of its files and of its plugins, and says what cannot be loaded', async () => {
  const folder = projectWith({
    'steps/ours.ts': step,
    'steps/deep/ours.test.ts': 'throw new Error("a test is no step");',
    'steps/broken.ts': 'export const = 1;',
  });
  const {units, kinds, problems} = await ownLibrary(folder);
  expect(units.map(({name}) => name)).toEqual(['our.gate', 'status-page.announce']);
  expect(kinds.map(({kind}) => kind)).toEqual(['status-page']);
  expect(problems.map(({code, message}) => ({code, what: message.split(' cannot')[0]}))).toEqual([
    {code: 'own-code-not-loaded', what: join(folder, 'steps/broken.ts')},
    {code: 'own-code-not-loaded', what: 'switcharoo-lost'},
  ]);
});

test('a folder without a project has nothing of its own, and this repository neither', async () => {
  const nothing = {units: [], kinds: [], problems: []};
  expect(await ownLibrary(folderWith({}))).toEqual(nothing);
  expect(await ownLibrary(root)).toEqual(nothing);
});
