import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from '../cli/switcharoo.ts';
import {bytesOf} from './journals.ts';

let desk: Desk;
/** The target: a page that is there, or is not. */
let page: string;
/** A journal that ends in the middle of its step, as a crash leaves it: going on with it writes the page. */
let lines: readonly string[];
let run: string;

beforeAll(async () => {
  desk = openDesk();
  page = join(desk.stateFolder, 'page.html');
  process.env['MAINTENANCE_FILE'] = page;
  const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];
  const {code, stderr} = await desk.run('run', ...example, '--yes');
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  run = lastDocument(await desk.run('status', '--json')).run;
  const whole = readFileSync(journal(), 'utf8').trim().split('\n');
  const begun = whole.findIndex((line) => line.includes('"kind":"before"'));
  lines = whole.slice(0, begun + 1);
  rmSync(page);
});
afterAll(async () => {
  delete process.env['MAINTENANCE_FILE'];
  await desk.clear();
});

const journal = () => join(desk.stateFolder, run, 'journal.jsonl');

const damages: Readonly<Record<string, {damaged: () => Buffer; line: number}>> = {
  'a letter that is another one': {
    damaged: () => Buffer.from(bytesOf(lines).toString().replace('Back at six', 'Back at ten')),
    line: 1,
  },
  'two lines that changed places': {
    damaged: () => bytesOf(lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '')),
    line: 2,
  },
  'bytes that are no UTF-8, and terminal controls': {
    damaged: () =>
      Buffer.concat([bytesOf(lines), Buffer.from([0x1b, 0x5b, 0x32, 0x4a, 0xff, 0x0a])]),
    line: 0,
  },
  'a line of 5 MB': {
    damaged: () => Buffer.concat([Buffer.alloc(5 * 1024 * 1024, '{"a":'), Buffer.from('\n')]),
    line: 1,
  },
  'the journal of nobody': {damaged: () => Buffer.from('{"__proto__":{"stands":true}}\n'), line: 1},
};

describe('a damaged journal', () => {
  test.for(Object.entries(damages))(
    '%s: every command names its line, and none acts',
    async ([, {damaged, line}]) => {
      writeFileSync(journal(), damaged());
      const [verified, status, resumed] = await Promise.all([
        desk.run('log', run, '--verify', '--json'),
        desk.run('status', run, '--json'),
        desk.run('resume', run, '--yes', '--json'),
      ]);
      for (const ended of [verified, status, resumed]) {
        const {problems} = lastDocument(ended);
        expect({code: ended.code, stderr: ended.stderr, problem: problems[0].code}).toEqual({
          code: 2,
          stderr: '',
          problem: 'journal-damaged',
        });
        expect(problems[0].message).toContain(`Line ${line || lines.length + 1} of ${journal()} `);
      }
      expect(existsSync(page)).toBe(false);
    },
  );

  test('whole again, it is gone on with, and acts', async () => {
    writeFileSync(journal(), bytesOf(lines));
    const {code, stderr} = await desk.run('resume', run, '--yes');
    expect({code, stderr, page: readFileSync(page, 'utf8')}).toEqual({
      code: 0,
      stderr: '',
      page: 'Back at six.',
    });
  });

  test('that cannot be read at all is a foreseen problem, too', async () => {
    rmSync(dirname(journal()), {recursive: true});
    mkdirSync(journal(), {recursive: true});
    const ended = await desk.run('log', run, '--verify', '--json');
    expect({code: ended.code, problem: lastDocument(ended).problems[0].code}).toEqual({
      code: 2,
      problem: 'journal-unreadable',
    });
  });
});
