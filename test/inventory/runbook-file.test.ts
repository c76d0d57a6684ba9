import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, expect, test} from 'vitest';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import type {Item} from '../../src/model/entry.ts';
import {type ProblemsError, SwitcharooError} from '../../src/model/problem.ts';
import {exitCodeOf} from '../../src/run/exit-codes.ts';
import {folderWith} from './folder.ts';

const from = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);

/** The beginning of a runbook as an author writes it, on the shelves of the engine's tests. */
const start = `
import {defineRunbook} from ${from('src/index.ts')};
import {burn, fill, holds, shelf} from ${from('test/engine/fakes.ts')};
import {mysqlServer} from ${from('steps/mysql/target.ts')};
import {auroraCluster} from ${from('steps/aurora/target.ts')};
import {caughtUp} from ${from('steps/mysql/caught-up.ts')};
import {z} from ${from('node_modules/zod/index.js')};
const book: any = defineRunbook({
  name: 'odd', summary: 'Odd.', params: z.object({}),
  targets: {a: shelf, db: mysqlServer, cluster: auroraCluster},
});
const put = {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})};
`;

describe('a runbook', () => {
  test('is loaded as it was written, with no build step', async () => {
    const file = fileWith(`${start} export default book.step('one', fill, put).checkpoint('end');`);
    const loaded = await loadRunbook(file);
    expect(loaded.file).toBe(file);
    expect(loaded.runbook.head.name).toBe('odd');
    expect(loaded.runbook.entries.map(({id}) => id)).toEqual(['one']);
  });

  test('may have parts beside it, in TypeScript and JavaScript, which know where they lie', async () => {
    const folder = folderWith({
      'book.ts': `${start}
import {place, later} from './parts/part.ts';
import {plain} from './plain.mjs';
export default book
  .step('one', fill, {...put, on: {shelf: 'a'}})
  .checkpoint('end').pointOfNoReturn([place, await later(), plain, import.meta.filename].join(' '));`,
      'parts/part.ts': `
export const place: string = import.meta.url;
export const later = async (): Promise<string> => (await import('./late.ts')).dirname;`,
      'parts/late.ts': 'export const dirname: string = import.meta.dirname;',
      'plain.mjs': 'export const plain = import.meta.url;',
    });
    const {runbook} = await loadRunbook(join(folder, 'book.ts'));
    const items: readonly Item[] = runbook.items;
    const places = items.flatMap((item) =>
      item.kind === 'point-of-no-return' ? item.because.split(' ') : [],
    );
    expect(places).toEqual([
      pathToFileURL(join(folder, 'parts', 'part.ts')).href,
      join(folder, 'parts'),
      pathToFileURL(join(folder, 'plain.mjs')).href,
      join(folder, 'book.ts'),
    ]);
  });

  test('may let a kind of MySQL server play a part that asks for one', async () => {
    const file = fileWith(
      `${start} export default book.step('near', caughtUp, {on: {upstream: 'db', replica: 'cluster'}, input: () => ({})});`,
    );
    expect((await loadRunbook(file)).runbook.entries).toHaveLength(1);
  });
});

const refused: readonly {
  readonly name: string;
  readonly text: string;
  readonly code: string;
  readonly says: string | RegExp;
}[] = [
  {
    name: 'has a mistake in its syntax',
    text: 'export default {',
    code: 'runbook-load-failed',
    says: 'FILE cannot be loaded: Expected `}` but found `EOF` (book.ts:1)',
  },
  {
    name: 'throws while it is loaded',
    text: "throw new Error('the database of records is closed');",
    code: 'runbook-load-failed',
    says: /^FILE cannot be loaded: your code failed at \S*(?:FILE|book\.ts):1: the database of records is closed\.$/,
  },
  {
    name: 'throws something that is no error',
    text: "throw 'a text';",
    code: 'runbook-load-failed',
    says: 'FILE cannot be loaded: a text',
  },
  {
    name: 'imports what is not there',
    text: "import './none.ts'; export default 1;",
    code: 'runbook-load-failed',
    says: /^FILE cannot be loaded: .*none\.ts/s,
  },
  {
    name: 'imports a package that is not installed',
    text: "import 'no-such-package'; export default 1;",
    code: 'runbook-load-failed',
    says: 'FILE cannot be loaded: The package no-such-package cannot be found from the folder of book.ts: npm install no-such-package',
  },
  {
    name: 'imports a part of a package that is not installed',
    text: "import '@no-such/package/v4'; export default 1;",
    code: 'runbook-load-failed',
    says: 'FILE cannot be loaded: The package @no-such/package cannot be found from the folder of book.ts: npm install @no-such/package',
  },
  {
    name: 'exports nothing by default',
    text: 'export const book = 1;',
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: its default export is not made by defineRunbook.',
  },
  {
    name: 'exports something else',
    text: 'export default {head: 1};',
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: its default export is not made by defineRunbook.',
  },
  {
    name: 'has no entries',
    text: `${start} export default book.checkpoint('end');`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: it has no entries.',
  },
  {
    name: 'uses an id twice',
    text: `${start} export default book.step('one', fill, put).step('one', fill, put);`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one is used twice: by an entry and by an entry.',
  },
  {
    name: 'uses the name of an entry for a checkpoint',
    text: `${start} export default book.step('one', fill, put).checkpoint('one');`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one is used twice: by an entry and by a checkpoint.',
  },
  ...outageMistakes(),
  {
    name: 'has a name that is no file name',
    text: `${start} export default defineRunbook({name: 'a/b', summary: '', params: z.object({}), targets: {a: shelf}}).step('one', fill, put);`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: its name is "a/b", and must be kebab-case, such as bare-metal-to-ecs.',
  },
  {
    name: 'gives a step a role that it does not have',
    text: `${start} export default book.step('one', fill, {...put, on: {shelf: 'a', shell: 'a'}});`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one names the role shell, which shelf.fill does not have.',
  },
  {
    name: 'has an entry that may take no time',
    text: `${start} export default book.step('one', fill, {...put, timeoutMs: 0});`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one has the timeoutMs 0, which must be above 0.',
  },
  {
    name: 'has two points of no return',
    text: `${start} export default book.step('one', fill, put).pointOfNoReturn('Late.').pointOfNoReturn('Later.');`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: it has two points of no return.',
  },
  {
    name: 'has a side that is no target',
    text: `${start} export default defineRunbook({name: 'odd', summary: '', params: z.object({}), targets: {a: shelf}, sides: {old: {database: 'a'}, new: {database: 'b'}}} as any).step('one', fill, put as any);`,
    code: 'runbook-invalid',
    says: "FILE is not a valid runbook: sides.new.database names b, which is not one of the runbook's targets.",
  },
  {
    name: 'declares other writes in another form',
    text: `${start} export default defineRunbook({name: 'odd', summary: '', params: z.object({}), targets: {a: shelf}, alsoWritten: ['S3']}).step('one', fill, put);`,
    code: 'runbook-invalid',
    says: "FILE is not a valid runbook: its alsoWritten is not a list such as [{what: 'uploads in S3'}].",
  },
  {
    name: 'has a one-way step before the point of no return',
    text: `${start} export default book.step('burn', burn, {on: {shelf: 'a'}, input: () => ({label: 'x'})}).pointOfNoReturn('Late.');`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: burn cannot be reversed and comes before the point of no return.',
  },
  {
    name: 'works on a target that it does not have',
    text: `${start} export default book.step('one', fill, {...put, on: {shelf: 'z'}});`,
    code: 'runbook-invalid',
    says: "FILE is not a valid runbook: one works on z, which is not one of the runbook's targets.",
  },
  {
    name: 'leaves a part of a step without a target',
    text: `${start} export default book.step('one', fill, {...put, on: {}});`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one has no target for the role shelf.',
  },
  {
    name: 'gives a part to a target of another kind',
    text: `${start} export default book.step('one', fill, {...put, on: {shelf: 'db'}});`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one needs a target of kind shelf for the role shelf, and db is of kind mysql.',
  },
  {
    name: 'has an entry after one that comes later',
    text: `${start} export default book.step('one', fill, {...put, after: ['two']}).step('two', fill, put);`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: one comes after two, which is no earlier entry.',
  },
  {
    name: 'lets an entry wait for one that runs at the same time',
    text: `${start} export default book.together('Both', (g: any) => g.step('one', fill, put).step('two', fill, {...put, after: ['one']}));`,
    code: 'runbook-invalid',
    says: 'FILE is not a valid runbook: two comes after one, which is no earlier entry.',
  },
];

function outageMistakes() {
  const outages = {
    "{from: ['one'], until: ['twoo']}":
      'outage.until names twoo, which is no entry or unit of the runbook',
    "{from: ['shelf.fil'], until: ['two']}":
      'outage.from names shelf.fil, which is no entry or unit of the runbook',
    "{from: [], until: ['two']}": 'outage.from must be a list of at least one entry or unit',
    "{from: ['one']}": 'outage.until must be a list of at least one entry or unit',
    "{from: 'one', until: ['two']}": 'outage.from must be a list of at least one entry or unit',
    "{from: ['two'], until: ['one']}":
      'outage.until names one, which does not come after two, where the outage begins',
    "{from: ['two'], until: ['two']}":
      'outage.until names two, which does not come after two, where the outage begins',
    "{from: ['one'], until: ['two'], promoted: ['tree']}":
      'outage.promoted names tree, which is no entry or unit of the runbook',
    "{from: ['zero', 'two'], until: ['one']}":
      'outage.from names two, which does not come before one, where the outage ends',
    "{from: ['one'], until: ['two'], promoted: ['zero']}":
      'outage.promoted names zero, which is not in the outage, from one to two',
    "{from: ['zero'], until: ['one'], promoted: ['two']}":
      'outage.promoted names two, which is not in the outage, from zero to one',
    "{from: ['one'], until: ['two'], longestMs: -1}":
      'outage.longestMs is -1, and must be a number of milliseconds above 0',
    "'one to two'": 'its outage is not an object {from: […], until: […]}',
  };
  return Object.entries(outages).map(([outage, says]) => ({
    name: `has the outage ${outage}`,
    text: `${start} export default defineRunbook({name: 'odd', summary: '', params: z.object({}), targets: {a: shelf}, outage: ${outage}} as any).step('zero', fill, put as any).step('one', fill, put as any).step('two', fill, put as any);`,
    code: 'runbook-invalid',
    says: `FILE is not a valid runbook: ${says}.`,
  }));
}

describe('a runbook is refused when it', () => {
  for (const {name, text, code, says} of refused) {
    test(name, async () => {
      const file = fileWith(text);
      const {problem} = await refusal(file);
      expect(problem.code).toBe(code);
      const message = problem.message.replaceAll(file, 'FILE');
      if (typeof says === 'string') {
        expect(message).toBe(says);
      } else {
        expect(message).toMatch(says);
      }
      expect(exitCodeOf(code)).toBe(2);
    });
  }

  test('has several mistakes: all are told, with what is possible', async () => {
    const text = `${start} export default book.step('freeze', fill, {...put, after: ['freze']}).step('thaw', fill, {...put, on: {shelf: 'z'}});`;
    const {problems} = (await refusal(fileWith(text))) as ProblemsError;
    expect(problems.map(({message}) => message.replace(/^.*runbook: /, ''))).toEqual([
      'freeze comes after freze, which is no earlier entry.',
      "thaw works on z, which is not one of the runbook's targets.",
    ]);
    expect(problems.map(({hint}) => hint)).toEqual([
      'Possible here: none.',
      'Possible here: a, db, cluster.',
    ]);
  });

  test('does not exist, as a path or as a name', async () => {
    expect((await refusal('./no/such.ts')).problem).toMatchObject({
      code: 'runbook-not-found',
      message: 'There is no runbook ./no/such.ts; looked for ./no/such.ts.',
    });
    expect((await refusal('nowhere')).problem).toMatchObject({
      code: 'runbook-not-found',
      message: 'There is no runbook nowhere; looked for runbooks/nowhere.ts.',
    });
  });
});

const fileWith = (text: string): string => join(folderWith({'book.ts': text}), 'book.ts');

async function refusal(file: string): Promise<SwitcharooError> {
  const error: unknown = await loadRunbook(file).then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof SwitcharooError) {
    return error;
  }
  throw error;
}
