import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {z} from 'zod';
import {type DocumentName, documents} from '../../src/cli/documents/index.ts';
import {read} from '../docs/pages.ts';
import {undescribedIn} from './printed-documents.ts';
import {type Desk, openDesk} from './switcharoo.ts';

const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];

let desk: Desk;
let run: string;

beforeAll(async () => {
  desk = openDesk();
  process.env['MAINTENANCE_FILE'] = join(desk.stateFolder, 'page');
  const lines = await linesOf('run', ...example, '--yes');
  run = (JSON.parse(lines.at(-1) ?? '') as {run: string}).run;
});
afterAll(async () => {
  delete process.env['MAINTENANCE_FILE'];
  await desk.clear();
});

/** What a command prints with `--json`: the desk has held each line against the schemas of the command. */
async function linesOf(...words: readonly string[]): Promise<readonly string[]> {
  const {stdout} = await desk.run(...words, '--json');
  return stdout.trim().split('\n');
}

/** The commands to run next, without the program and the state folder. */
const nextOf = (document: unknown): readonly string[] =>
  z
    .object({next: z.array(z.string())})
    .parse(document)
    .next.map((command) =>
      command
        .replace('node bin/switcharoo.js ', '')
        .replace(` --state-dir ${desk.stateFolder}`, ''),
    );

interface Case {
  readonly words: string;
  readonly name: DocumentName;
  readonly next?: readonly string[];
}

/** RUN stands for the run that was done above. */
const cases: readonly Case[] = [
  {
    words: `plan ${example.join(' ')}`,
    name: 'plan',
    next: [`run ${example.join(' ')} --plan DIGEST`],
  },
  {words: 'plan no-such-runbook -i lab', name: 'problems', next: []},
  {words: 'report', name: 'report', next: ['report RUN', 'reverse RUN']},
  {words: 'status --offline', name: 'status', next: ['report RUN', 'reverse RUN']},
  {words: 'replay --at #3', name: 'replay', next: []},
  {words: 'runs', name: 'runs', next: []},
  {words: 'log', name: 'journal-entry'},
  {words: 'log --verify', name: 'log-verified', next: []},
  {words: 'unlock RUN', name: 'problems', next: ['resume']},
  {
    words: 'preflight -i docs/examples/maintenance.yaml',
    name: 'preflight',
    next: ['preflight -i docs/examples/maintenance.yaml'],
  },
  {words: `verify ${example[0]}`, name: 'verification', next: [`rehearse ${example[0]}`]},
  {words: `document ${example[0]}`, name: 'markdown', next: []},
  {
    words: `permissions ${example.join(' ')}`,
    name: 'permissions',
    next: [`plan ${example.join(' ')}`],
  },
  {words: 'steps mysql.freeze-writes', name: 'steps', next: []},
  {words: 'doctor', name: 'doctor'},
  {words: 'explain plan-changed', name: 'explanation', next: []},
  {words: 'explain plan-changd', name: 'problems', next: ['docs problems']},
  {words: 'docs', name: 'pages', next: []},
  {words: 'docs json', name: 'page', next: []},
  {words: 'schema', name: 'schemas', next: []},
  {words: 'schema report', name: 'schema'},
  {words: 'schema inventory', name: 'schema'},
  {words: 'schema repot', name: 'problems', next: ['schema']},
  {words: 'lab status', name: 'problems', next: ['lab up']},
  {words: 'lab down', name: 'lab-down', next: []},
  {words: 'no-such-command', name: 'problems', next: []},
];

describe('what --json prints', () => {
  test.each(cases)('$words: $name', async ({words, name, next}) => {
    const lines = await linesOf(...words.replace('RUN', run).split(' '));
    const shipped = z.fromJSONSchema(JSON.parse(read(`schemas/${name}.json`) ?? ''));
    const values = lines.map((line): unknown => JSON.parse(line));
    for (const value of values) {
      expect(documents[name].safeParse(value).error?.message).toBeUndefined();
      expect(shipped.safeParse(value).error?.message).toBeUndefined();
    }
    if (next) {
      const written = nextOf(values.at(-1)).map((command) =>
        command.replace(run, 'RUN').replace(/--plan [0-9a-f]{16}/, '--plan DIGEST'),
      );
      expect(written).toEqual(next);
    }
  });

  test('schema NAME prints what the package has in schemas/', async () => {
    const {stdout} = await desk.run('schema', 'run-line');
    expect(stdout).toBe(read('schemas/run-line.json'));
  });
});

describe('the desk of the tests refuses', () => {
  test.each([
    {name: 'a field that no schema has', stdout: '{"was":true,"next":[],"extra":1}\n', wrong: true},
    {name: 'a document without its next', stdout: '{"was":true}\n', wrong: true},
    {name: 'text', stdout: 'No lab was running.\n', wrong: true},
    {
      name: 'a last line of a run without what is next',
      words: ['run', 'x'],
      stdout: '{"kind":"event","entry":"a","text":"b"}\n',
      wrong: true,
    },
    {name: 'no line of a killed process that was not finished', stdout: '{"was":tr', wrong: false},
    {name: 'nothing that is as its schema says', stdout: '{"was":true,"next":[]}\n', wrong: false},
  ])('$name', ({words = ['lab', 'down'], stdout, wrong}) => {
    const undescribed = undescribedIn({words: [...words, '--json'], stdout, isWhole: true});
    expect(undescribed.length > 0).toBe(wrong);
  });
});
