import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {type Problem, SwitcharooError} from '../../src/model/problem.ts';
import {exitCodeOf} from '../../src/run/exit-codes.ts';
import {folderWith} from './folder.ts';

/** `${NAME}`, as it stands in an inventory. */
const variable = (name: string) => `\${${name}}`;

const whole = `
name: staging
targets:
  a: {kind: shelf, password: {env: SHELF_PASSWORD}}
`;

describe('an inventory', () => {
  test('is read with its defaults, and has a digest of what it says', () => {
    const folder = folderWith({'staging.yaml': whole});
    const file = join(folder, 'staging.yaml');

    expect(loadInventory(file, folder)).toEqual({
      name: 'staging',
      protected: false,
      notify: [],
      lab: false,
      requireRehearsal: false,
      approvers: {},
      params: {},
      targets: {a: {kind: 'shelf', password: {env: 'SHELF_PASSWORD'}}},
      file,
      digest: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test(`takes ${variable('NAME')} from the environment, wherever it stands`, () => {
    vi.stubEnv('SHELF_HOST', 'shelf.example');
    const folder = folderWith({
      'i.yaml': `name: i\nparams: {list: [{at: "http://${variable('SHELF_HOST')}/"}]}\ntargets: {}\n`,
    });

    expect(loadInventory(join(folder, 'i.yaml'), folder).params).toEqual({
      list: [{at: 'http://shelf.example/'}],
    });
    vi.unstubAllEnvs();
  });

  test('has another digest when a variable that it uses has another value', () => {
    const folder = folderWith({
      'i.yaml': `name: i\nparams: {at: "${variable('WHERE')}"}\ntargets: {}\n`,
    });
    const digestFor = (where: string) => {
      vi.stubEnv('WHERE', where);
      return loadInventory(join(folder, 'i.yaml'), folder).digest;
    };
    expect(digestFor('here')).not.toBe(digestFor('there'));
    vi.unstubAllEnvs();
  });

  test('of the lab takes a list from it, and an empty one of what it has not; no other inventory does', () => {
    const text = `params: {redis: "${variable('REDIS')}", none: "${variable('NONE')}", at: "[::1]"}\ntargets: {}\n`;
    const folder = folderWith({
      'lab.yaml': `name: lab\nlab: true\n${text}`,
      'other.yaml': `name: other\n${text}`,
      'lab.env': 'REDIS=[{"old":"oldRedis"}]\nNONE=[]\n',
    });
    vi.stubEnv('REDIS', '[1]');
    vi.stubEnv('NONE', '[]');
    const paramsOf = (name: string) => loadInventory(join(folder, `${name}.yaml`), folder).params;
    expect(paramsOf('lab')).toEqual({redis: [{old: 'oldRedis'}], none: [], at: '[::1]'});
    expect(paramsOf('other')).toEqual({redis: '[1]', none: '[]', at: '[::1]'});
    vi.unstubAllEnvs();
  });

  test("of the lab takes its variables from the lab that is up, and not from the operator's shell", () => {
    vi.stubEnv('WHERE', 'the shell');
    const folder = folderWith({
      'lab.yaml': `name: lab\nlab: true\nparams: {at: "${variable('WHERE')}"}\ntargets: {}\n`,
      'lab.env': 'WHERE=the lab=really\n',
    });
    expect(loadInventory(join(folder, 'lab.yaml'), folder).params).toEqual({at: 'the lab=really'});
    vi.unstubAllEnvs();
  });
});

const refused: readonly {
  readonly name: string;
  readonly text: string;
  readonly code: string;
  readonly says: string;
}[] = [
  {
    name: 'is empty',
    text: '',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: expected a document, but the input is empty',
  },
  {
    name: 'is no YAML',
    text: 'name: staging\n  targets: {a: ]\npassword: hunter2',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: bad indentation of a mapping entry at line 2, column 10',
  },
  {
    name: 'shows a secret on the very line that is no YAML',
    text: 'name: staging\npassword: "hunter2',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: unexpected end of the stream within a double quoted scalar at line 2, column 19',
  },
  {
    name: 'has a field that nobody knows',
    text: 'name: staging\ntargets: {}\nprotectd: true\n',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: ✖ Unrecognized key: "protectd". Did you mean protected?',
  },
  {
    name: 'has a name that cannot be typed',
    text: 'name: Staging 2\ntargets: {}\n',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: ✖ lower-case letters, digits and hyphens\n  → at name',
  },
  {
    name: 'says protected in words',
    text: 'name: staging\nprotected: "yes"\ntargets: {}\n',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: ✖ Invalid input: expected boolean, received string\n  → at protected',
  },
  {
    name: 'has a target of no kind',
    text: 'name: staging\ntargets: {a: {host: x, password: hunter2}}\n',
    code: 'inventory-invalid',
    says: 'FILE is not an inventory: ✖ Invalid input: expected string, received undefined\n  → at targets.a.kind',
  },
  {
    name: 'uses a variable that is not set',
    text: `name: staging\nparams: {at: "${variable('NOT_SET_HERE')}"}\ntargets: {}\n`,
    code: 'inventory-variable-missing',
    says: `FILE uses ${variable('NOT_SET_HERE')}, which is not set in the environment.`,
  },
  {
    name: 'uses several variables that are not set',
    text: `name: staging\nparams: {at: "${variable('NOT_SET_HERE')}", to: "${variable('NOR_HERE')} ${variable('NOT_SET_HERE')}"}\ntargets: {}\n`,
    code: 'inventory-variable-missing',
    says: `FILE uses ${variable('NOT_SET_HERE')}, ${variable('NOR_HERE')}, which are not set in the environment.`,
  },
  {
    name: 'is of a lab that is not up',
    text: 'name: lab\nlab: true\ntargets: {}\n',
    code: 'lab-not-running',
    says: 'FILE describes the lab, but no lab is running: FOLDER/lab.env does not exist.',
  },
];

describe('an inventory is refused when it', () => {
  for (const {name, text, code, says} of refused) {
    test(name, () => {
      const folder = folderWith({'i.yaml': text});
      const file = join(folder, 'i.yaml');
      const problem = problemOf(() => loadInventory(file, folder));
      expect(problem).toMatchObject({
        code,
        message: says.replaceAll('FILE', file).replaceAll('FOLDER', folder),
      });
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    });
  }

  test('does not exist, as a path or as a name', () => {
    expect(problemOf(() => loadInventory('./no/such.yaml', '.'))).toMatchObject({
      code: 'inventory-not-found',
      message: 'There is no inventory such.yaml; looked for ./no/such.yaml.',
    });
    expect(problemOf(() => loadInventory('nowhere', '.'))).toMatchObject({
      code: 'inventory-not-found',
      message: 'There is no inventory nowhere; looked for inventories/nowhere.yaml.',
    });
    expect(exitCodeOf('inventory-not-found')).toBe(2);
  });

  test('is a folder, or may not be read', () => {
    const folder = folderWith({'x/y': ''});
    expect(problemOf(() => loadInventory(folder, folder))).toMatchObject({
      code: 'inventory-invalid',
      message: `${folder} is not an inventory: it cannot be read (EISDIR)`,
    });
  });
});

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}
