import {execFile} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {Shell} from '../../../steps/hosts/shell/shell.ts';
import {fetchFiles} from '../../../steps/hosts/tree/transfer.ts';

// On the real /bin/sh, with the real curl.

let root: string;
let site: {readonly url: string; readonly stop: () => void};
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'switcharoo-transfer-'));
  const server = createServer(({url = ''}, response) => response.end(`of ${url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  site = {url: `http://127.0.0.1:${port}`, stop};
});
afterEach(() => {
  site.stop();
  rmSync(root, {recursive: true, force: true});
});

const shell = (): Shell => ({
  name: 'here',
  root,
  run: (script, signal) =>
    new Promise((resolve, reject) => {
      execFile('/bin/sh', ['-c', `set -eu\n${script}`], {signal}, (error, stdout, stderr) =>
        error ? reject(new Error(stderr, {cause: error})) : resolve(stdout),
      );
    }),
});

test('files that are fetched side by side into one new directory all arrive, and leave nothing else', async () => {
  const names = Array.from({length: 12}, (_, number) => `invoice-${number}.pdf`);
  for (let round = 0; round < 5; round += 1) {
    const folder = `/shared/new/${round}/deep/deeper`;
    const ends = await Promise.all(
      names.map((name) => {
        const path = `${folder}/${name}`;
        const file = {path, url: `${site.url}/${name}`, contentType: 'application/pdf'};
        return fetchFiles(shell(), [file], AbortSignal.timeout(30_000));
      }),
    );
    expect(ends.flat()).toEqual(names.map((name) => ({path: `${folder}/${name}`, is: 'moved'})));
    expect(readdirSync(join(root, folder)).sort()).toEqual(names.toSorted());
    for (const name of names) {
      expect(readFileSync(join(root, folder, name), 'utf8')).toBe(`of /${name}`);
    }
  }
  // Of the directories that lost the race too.
  expect(
    readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((path) => /\.new$/.test(path)),
  ).toEqual([]);
});
