import {describe, expect, test} from 'vitest';
import {
  arrowsOfTheHouse,
  codesAreListed,
  dependenciesAreUsed,
  durationsAreMonotonic,
  exportsAreUsed,
  linesFitTheScreen,
  linksResolve,
  namesEqualPaths,
  noCircles,
  noDeadFile,
  nothingIsLong,
  rules,
  stepsDeclareEffects,
  stepsKeepTheLaws,
  topFilesAreSteps,
  wordsAreCurrent,
} from './tidy/rules.ts';
import {importsOf, readTree, type Tree} from './tidy/tree.ts';

const repository = readTree();

describe('in this repository', () => {
  for (const [name, rule] of Object.entries(rules)) {
    test(name, () => {
      expect(rule(repository)).toEqual([]);
    });
  }
});

describe('the rules themselves find', () => {
  test('imports of every kind, over several lines too', () => {
    const text = [
      "import {z} from 'zod';",
      'import type {',
      '  A,',
      "} from '../model/a.ts';",
      "export * from './b.ts';",
      "const c = await import('../../lab/c.ts');",
      "type D = typeof import('@aws-sdk/client-ecs/dist');",
      "import {step} from 'switcharoo/mysql';",
      "import 'switcharoo';",
    ].join('\n');
    expect(importsOf('src/engine/x.ts', text).map(({line, to, kind}) => [line, to, kind])).toEqual([
      [1, 'zod', 'value'],
      [2, 'src/model/a.ts', 'type'],
      [5, 'src/engine/b.ts', 'value'],
      [8, 'steps/mysql/index.ts', 'value'],
      [9, 'src/index.ts', 'value'],
      [6, 'lab/c.ts', 'dynamic'],
      [7, '@aws-sdk/client-ecs', 'type'],
    ]);
  });

  test('an arrow that points the wrong way', () => {
    const tree = treeOf({
      'src/model/a.ts': "import '../journal/b.ts';",
      'src/journal/b.ts': '',
      'src/engine/c.ts':
        "import '../../steps/mysql/d.ts';\nimport type {B} from '../journal/contract.ts';",
      'src/journal/contract.ts': '',
      'steps/mysql/d.ts':
        "import '../../src/model/a.ts';\nimport '../aurora/e.ts';\nimport '../dns/f.ts';",
      'steps/aurora/e.ts': "import '../aws/g.ts';",
      'steps/aws/g.ts': '',
      'steps/dns/f.ts': 'export const f = defineTarget({});',
      'src/cli/actions/lab-package.ts': "const lab = await import('@switcharoo/lab');",
      'src/cli/actions/run.ts': "\nconst lab = await import('@switcharoo/lab');",
      'src/cli/actions/lab.ts':
        "import type {Lab} from '@switcharoo/lab';\nimport {h} from '../../../lab/h.ts';",
      'lab/index.ts': "import 'switcharoo';",
      'lab/h.ts':
        "import '../steps/aurora/e.ts';\nimport 'switcharoo/name-servers';\nimport '../src/model/a.ts';",
      'src/index.ts': '',
      'steps/name-servers/index.ts': '',
    });
    expect(arrowsOfTheHouse(tree).map((found) => found.split(': ').slice(0, 2).join(': '))).toEqual(
      [
        'src/model/a.ts:1: it imports src/journal/b.ts',
        'src/engine/c.ts:1: it imports steps/mysql/d.ts',
        'steps/mysql/d.ts:1: it imports src/model/a.ts',
        'steps/mysql/d.ts:2: it imports steps/aurora/e.ts',
        'steps/mysql/d.ts:3: it imports steps/dns/f.ts',
        'steps/aurora/e.ts:1: it imports steps/aws/g.ts',
        'src/cli/actions/run.ts:2: it imports lab/index.ts',
        'src/cli/actions/lab.ts:2: it imports lab/h.ts',
        'lab/h.ts:1: it imports steps/aurora/e.ts',
        'lab/h.ts:3: it imports src/model/a.ts',
      ],
    );
    expect(arrowsOfTheHouse(tree)[0]).toBe(
      'src/model/a.ts:1: it imports src/journal/b.ts: the model imports nothing of the others, bring it in as an argument',
    );
  });

  test('a step by another name, and one that is not held to the laws', () => {
    const tree = treeOf({
      'steps/mysql/freeze.ts': "export const thaw = defineStep({\n  name: 'mysql.thaw',\n});",
      'steps/mysql/wait.ts': "\nexport const wait = defineGate({name: 'mysql.wait'});",
      'steps/mysql/stop.ts': "export const stop = defineStep({name: 'mysql.stop'});",
      'test/steps/mysql/stop.test.ts': 'lawsOfStep({\n  step: stop,\n});',
    });
    expect(namesEqualPaths(tree)).toEqual([
      'steps/mysql/freeze.ts:1: the name of a step equals its path, call mysql.thaw mysql.freeze or move it',
    ]);
    expect(stepsKeepTheLaws(tree)).toEqual([
      'steps/mysql/freeze.ts:1: every step keeps the laws, add lawsOfStep({step: thaw, …}) to its test',
    ]);
  });

  test('a step that says nothing about its effects', () => {
    const tree = treeOf({
      'steps/mysql/thaw.ts': "const thaw = defineStep({\n  name: 'mysql.thaw',\n});",
      'steps/mysql/look.ts': "const look = defineGate({\n  name: 'mysql.look',\n});",
      'steps/mysql/note.ts':
        "const note = defineStep({\n  name: 'mysql.note',\n  effects: [],\n});",
    });
    expect(stepsDeclareEffects(tree)).toEqual([
      'steps/mysql/thaw.ts:1: mysql.thaw declares no effects, list the facts it changes, or effects: []',
    ]);
  });

  test('a file at the top of a technology that is no step', () => {
    const tree = treeOf({
      'steps/mysql/freeze.ts': "export const freeze = defineStep({name: 'mysql.freeze'});",
      'steps/mysql/index.ts': "export {freeze} from './freeze.ts';",
      'steps/mysql/helpers.ts': 'export const two = 2;',
      'steps/mysql/session/login.ts': 'export const three = 3;',
    });
    expect(topFilesAreSteps(tree)).toEqual([
      'steps/mysql/helpers.ts:1: it declares no step or gate, move it to a folder by its subject',
    ]);
  });

  test('a code that is made up, or that nobody can look up', () => {
    const tree = treeOf({
      'docs/problems.md': '# Problems\n\n## known-one\n\n## gate-timeout\n',
      'src/journal/problems.ts': [
        "const a = {code: 'known-one', message: 'x'};",
        "const b = {\n  code: 'new-one',\n  message: 'x',\n};",
        "const c = {code: 'Known_One', message: 'x'};",
        'const d = {code: made(), message: "x"};',
        "const e = {code: gate ? 'gate-timeout' : 'step-timeout', message: 'x'};",
        "if (error.code === 'ENOENT') {}",
      ].join('\n'),
    });
    expect(codesAreListed(tree)).toEqual([
      'src/journal/problems.ts:3: new-one is not in docs/problems.md, UPDATE_GOLDEN=1 npx vitest run test/docs writes it',
      'src/journal/problems.ts:6: a code is a kebab-case literal, write it out here',
      'src/journal/problems.ts:7: a code is a kebab-case literal, write it out here',
      'src/journal/problems.ts:8: step-timeout is not in docs/problems.md, UPDATE_GOLDEN=1 npx vitest run test/docs writes it',
    ]);
  });

  test('a link that leads nowhere', () => {
    const tree = treeOf({
      'README.md':
        'See [docs](docs/), [a](docs/a.md#part), [web](https://x.example/y.md) and\n[b](docs/b.md).',
      'docs/a.md': '[up](../README.md) [here](#here)',
    });
    expect(linksResolve(tree)).toEqual([
      'README.md:2: docs/b.md does not exist, mend the link or leave it out',
    ]);
  });

  test('a file that only its tests import, and a dependency that nobody does', () => {
    const tree = treeOf({
      'src/index.ts': "import './model/used.ts';",
      'src/model/used.ts': "import 'zod';",
      'src/model/dead.ts': '',
      'test/model/dead.test.ts': "import '../../src/model/dead.ts';\nimport 'left-pad';",
      'steps/mysql/freeze.ts': "export const freeze = defineStep({name: 'mysql.freeze'});",
      'steps/mysql/left-over.ts': 'export const two = 2;',
      'package.json': '{\n  "dependencies": {\n    "zod": "1",\n    "left-pad": "1"\n  }\n}',
    });
    expect(noDeadFile(tree)).toEqual([
      'src/model/dead.ts:1: nobody imports it, remove it or name it as an entry point',
      'steps/mysql/left-over.ts:1: nobody imports it, remove it or name it as an entry point',
    ]);
    expect(dependenciesAreUsed(tree)).toEqual([
      'package.json:4: nobody imports left-pad, npm uninstall left-pad',
    ]);
  });

  test('a circle of imports, and an export that nobody imports', () => {
    const tree = treeOf({
      'src/a.ts': "import {b} from './b.ts';\nexport const a = b;",
      'src/b.ts': "import {c} from './c.ts';\nexport const b = c;",
      'src/c.ts':
        "import type {a} from './a.ts';\nexport const c: typeof a = 1;\nexport interface Left {}",
      'src/d.ts': "const {c} = await import('./c.ts');\nexport function unused(): void {}",
      'steps/mysql/index.ts': "export {freeze} from './freeze.ts';\nexport const listed = 1;",
      'steps/mysql/freeze.ts': 'export const freeze = 1;',
      'package.json': '{"exports": {"./mysql": {"switcharoo-source": "./steps/mysql/index.ts"}}}',
    });
    expect(noCircles(tree)).toEqual([
      'src/a.ts:1: it and src/b.ts, src/c.ts import each other, move what both need into a file of its own',
    ]);
    expect(exportsAreUsed(tree)).toEqual([
      'src/c.ts:3: no other file imports Left, do not export it',
      'src/d.ts:2: no other file imports unused, do not export it',
    ]);
  });

  test('a long function, and a long file', () => {
    const statements = (count: number) => '  a();\n'.repeat(count);
    const tree = treeOf({
      'steps/mysql/long.ts': `const f = () => {\n${statements(59)}};\n`,
      'steps/mysql/short.ts': `const f = () => {\n${statements(58)}};\n`,
      'lab/long.ts': `const f = () => {\n${statements(299)}};\n`,
    });
    expect(nothingIsLong(tree)).toEqual([
      'steps/mysql/long.ts:1: this function has 61 lines, divide it (60 at most)',
      'lab/long.ts:1: it has 301 lines, divide it by subject (300 at most)',
    ]);
  });

  test('a long line of a comment or a page', () => {
    const long = 'word '.repeat(25);
    const tree = treeOf({
      'src/a.ts': `// ${long}\nconst text = '${long}';\n/** ${long}*/\n`,
      'docs/a.md': `${long}\n| ${long}|\n\`\`\`text\n${long}\n\`\`\`\nshort\n${long}`,
      'docs/problems.md': long,
    });
    expect(linesFitTheScreen(tree)).toEqual([
      'src/a.ts:1: this line has 128 columns, wrap it (120 at most)',
      'src/a.ts:3: this line has 131 columns, wrap it (120 at most)',
      'docs/a.md:1: this line has 125 columns, wrap it (120 at most)',
      'docs/a.md:7: this line has 125 columns, wrap it (120 at most)',
    ]);
  });

  test('a duration by a clock that somebody may set', () => {
    const text = 'const began = performance.now();\nconst tookMs = Date.now() - beganMs;';
    const found = durationsAreMonotonic(
      treeOf({'src/a.ts': text, 'src/run/machine-clock.ts': text, 'test/a.ts': text}),
    );
    expect(found.map((each) => each.split(': ')[0])).toEqual(['src/a.ts:2']);
  });

  test('a time that is subtracted from another one', () => {
    const text = [
      'const tookMs = now.getTime() - since.getTime();',
      'const leftMs = limitMs - since.getTime();',
      'const ms = Date.parse(later.atUtc) - Date.parse(earlier.atUtc);',
      'const later = new Date(now.getTime() + 5);',
      'const tookMs = elapsedMs(since, now);',
      'const now = new Date();',
    ].join('\n');
    const found = durationsAreMonotonic(treeOf({'steps/a.ts': text, 'src/model/moment.ts': text}));
    expect(found.map((each) => each.split(': ')[0])).toEqual([
      ...['steps/a.ts:6', 'steps/a.ts:1', 'steps/a.ts:2', 'steps/a.ts:3'],
      'src/model/moment.ts:6',
    ]);
  });

  test('a retired word in a text, a comment, a page or a name', () => {
    const tree = treeOf({
      'src/a.ts': [
        '/** What stands is shown. */',
        "const told = 'the way back';",
        "const f = ({wanted: name}: X) => name + 'has begun';",
        'interface Found { readonly isBack: boolean }',
        "const fine = 'it stands for nothing'; // a source",
      ].join('\n'),
      'docs/a.md': 'Mend it.\nThe reverse proxy.',
      'docs/problems.md': 'Mend it.',
    });
    expect(wordsAreCurrent(tree)).toEqual([
      'src/a.ts:1: "What stands" is a retired word, say: changes in place',
      'src/a.ts:1: "stands" is a retired word, say: is in place',
      'src/a.ts:2: "way back" is a retired word, say: reversal',
      'src/a.ts:2: "told" is a retired word, say: a noun of the domain',
      'src/a.ts:3: "begun" is a retired word, say: started',
      'src/a.ts:4: "isBack" is a retired word, say: the word of the glossary',
      'docs/a.md:1: "Mend" is a retired word, say: fix',
    ]);
  });
});

const treeOf = (files: Readonly<Record<string, string>>): Tree => new Map(Object.entries(files));
