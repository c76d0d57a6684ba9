import {join} from 'node:path';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {z} from 'zod';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {openTargets, paramsFor} from '../../src/inventory/targets.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {ProblemsError} from '../../src/model/problem.ts';
import {type AnyRunbook, defineRunbook} from '../../src/model/runbook.ts';
import type {OpenTargets} from '../../src/model/target.ts';
import {defineTarget} from '../../src/model/target.ts';
import {folderWith} from './folder.ts';

const opened: unknown[] = [];
const closed: string[] = [];
let opens: 'well' | 'never' = 'well';

const box = defineTarget({
  kind: 'box',
  config: z.object({
    host: z.string(),
    port: z.coerce.number().int().default(1),
    password: z.string().min(1),
    keys: z.array(z.object({key: z.string()})).default([]),
  }),
  open: async (config, {name}) => {
    opened.push({name, ...config});
    if (opens === 'never') {
      throw new Error('no route');
    }
    return {reader: name, writer: name, close: async () => void closed.push(name)};
  },
});

const runbook = defineRunbook({
  name: 'boxes',
  summary: 'Boxes.',
  params: z.object({lagMsMax: z.coerce.number().int().default(5), name: z.string()}),
  targets: {a: box, b: box, c: box, d: box, e: box},
});

afterEach(() => {
  vi.unstubAllEnvs();
  opened.length = 0;
  closed.length = 0;
  opens = 'well';
});

describe('the targets of a run', () => {
  test('have their secrets from where the references point, and the redactor knows each of them', async () => {
    vi.stubEnv('BOX_PASSWORD', 'from-the-environment');
    const {targets, redactor} = await openWith(
      {one: box},
      `one: {kind: box, host: h, password: {env: BOX_PASSWORD}, keys: [{key: {file: "FOLDER/key"}}]}`,
      {key: 'from-a-file\n'},
    );

    await targets.session('one');
    expect(opened).toEqual([
      {
        name: 'one',
        host: 'h',
        port: 1,
        password: 'from-the-environment',
        keys: [{key: 'from-a-file'}],
      },
    ]);
    expect(redactor.text('from-the-environment and from-a-file')).toBe('[redacted] and [redacted]');
  });

  test('are opened once, when they are first asked for, and closed together', async () => {
    const {targets} = await openWith({one: box, two: box}, 'one: BOX\ntwo: BOX');
    expect(opened).toEqual([]);
    const first = await targets.session('one');
    expect(await targets.session('one')).toBe(first);
    expect(opened).toHaveLength(1);
    await targets.close();
    await targets.close();
    expect(closed).toEqual(['one']);
  });

  test('that do not open are tried again at the next look', async () => {
    const {targets} = await openWith({one: box}, 'one: BOX');
    opens = 'never';
    await expect(targets.session('one')).rejects.toThrow('no route');
    opens = 'well';
    expect((await targets.session('one')).reader).toBe('one');
  });

  test('are refused all at once, each with what is wrong with it, and no secret is told', async () => {
    vi.stubEnv('BOX_PASSWORD', 'hunter2-and-more');
    const {problems, text} = await refusedWith(
      runbook,
      `
a: {kind: barrel, host: h, password: {env: BOX_PASSWORD}}
b: {kind: box, password: {env: BOX_PASSWORD}, port: high}
c: {kind: box, host: {env: NO_SUCH_HOST}, password: {env: NO_SUCH_PASSWORD}}
d: {kind: box, host: h, password: {file: FOLDER/none}}
`,
    );
    expect(problems).toEqual([
      ['target-wrong-kind', 'a in FILE is of kind barrel; the runbook needs box.'],
      [
        'target-invalid',
        'b in FILE is not complete: ✖ Invalid input: expected string, received undefined\n  → at host\n✖ Invalid input: expected number, received NaN\n  → at port',
      ],
      [
        'secret-missing',
        'c needs env NO_SUCH_HOST, which cannot be read: it is not set in the environment.',
      ],
      [
        'secret-missing',
        'c needs env NO_SUCH_PASSWORD, which cannot be read: it is not set in the environment.',
      ],
      [
        'secret-missing',
        "d needs file FOLDER/none, which cannot be read: ENOENT: no such file or directory, open 'FOLDER/none'.",
      ],
      [
        'target-missing',
        'The runbook needs the target e (box), and FILE has no target of that name.',
      ],
    ]);
    expect(text).not.toContain('hunter2');
  });

  test('are refused when a secret is there, and empty', async () => {
    vi.stubEnv('EMPTY', '');
    const {problems} = await refusedWith(
      withTargets({one: box, two: box}),
      'one: {kind: box, host: h, password: {env: EMPTY}}\ntwo: {kind: box, host: h, password: {file: FOLDER/empty}}',
      {empty: '\n'},
    );
    expect(problems).toEqual([
      [
        'secret-missing',
        'one needs env EMPTY, which cannot be read: it is not set in the environment.',
      ],
      ['secret-missing', 'two needs file FOLDER/empty, which cannot be read: the file is empty.'],
    ]);
  });
});

describe('the parameters of a run', () => {
  const inventoryWith = (params: string) => {
    const folder = folderWith({'i.yaml': `name: i\nparams: ${params}\ntargets: {}\n`});
    return loadInventory(join(folder, 'i.yaml'), folder);
  };

  test('come from the inventory, and those given by hand go first', () => {
    expect(paramsFor(runbook, inventoryWith('{name: n, lagMsMax: 7}'), {lagMsMax: '9'})).toEqual({
      name: 'n',
      lagMsMax: 9,
    });
  });

  test('are refused when one is missing or of another type', () => {
    expect(() => paramsFor(runbook, inventoryWith('{lagMsMax: soon}'))).toThrow(
      'The parameters of boxes are not valid: ✖ Invalid input: expected number, received NaN\n  → at lagMsMax\n✖ Invalid input: expected string, received undefined\n  → at name',
    );
  });

  test('are refused when one given by hand is none of the runbook: a slip would change nothing, silently', () => {
    expect(() => paramsFor(runbook, inventoryWith('{name: n, unused: 1}'), {lagMax: '9'})).toThrow(
      'The parameters of boxes are not valid: lagMax is none of them. Did you mean lagMsMax? They are lagMsMax, name',
    );
  });
});

const withTargets = (targets: Record<string, typeof box>): AnyRunbook =>
  defineRunbook({name: 'boxes', summary: 'Boxes.', params: z.object({}), targets});

async function openWith(
  kinds: Record<string, typeof box>,
  targets: string,
  files: Record<string, string> = {},
): Promise<{targets: OpenTargets; redactor: Redactor}> {
  const redactor = new Redactor();
  const {open} = prepared(withTargets(kinds), targets, files, redactor);
  return {targets: await open(), redactor};
}

async function refusedWith(
  book: AnyRunbook,
  targets: string,
  files: Record<string, string> = {},
): Promise<{problems: readonly (readonly [string, string])[]; text: string}> {
  const {folder, file, open} = prepared(book, targets, files, new Redactor());
  const error = await open().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemsError)) {
    throw error;
  }
  const masked = (text: string) => text.replaceAll(file, 'FILE').replaceAll(folder, 'FOLDER');
  return {
    problems: error.problems.map(({code, message}) => [code, masked(message)]),
    text: JSON.stringify(error.problems),
  };
}

function prepared(
  book: AnyRunbook,
  targets: string,
  files: Record<string, string>,
  redactor: Redactor,
) {
  const folder = folderWith(files);
  const lines = targets
    .replaceAll('BOX\n', '{kind: box, host: h, password: word}\n')
    .replace(/BOX$/, '{kind: box, host: h, password: word}')
    .replaceAll('FOLDER', folder)
    .split('\n');
  const written = folderWith({
    'i.yaml': `name: i\ntargets:\n${lines.map((line) => `  ${line}`).join('\n')}\n`,
  });
  const file = join(written, 'i.yaml');
  const open = () =>
    openTargets({
      kinds: book.head.targets,
      inventory: loadInventory(file, folder),
      redactor,
      stateFolder: folder,
      environment: process.env,
      signal: new AbortController().signal,
    });
  return {folder, file, open};
}
