import {basename, dirname, normalize} from 'node:path';
import {circlesIn, functionsIn, sourcesOf, unusedExportsIn} from './code.ts';
import {type Finding, type Import, importsOf, lineAt, type Tree} from './tree.ts';
import {retiredWordsIn} from './vocabulary.ts';

type Rule = (tree: Tree) => readonly Finding[];

const isCode = (file: string): boolean => /\.(ts|js|mjs)$/.test(file);
const isIn = (file: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => file.startsWith(`${folder}/`));

interface Arrow {
  readonly from: (file: string) => boolean;
  readonly may: (found: Import) => boolean;
  readonly rule: string;
}

/** What the files of our own may import of our own; the first arrow that leaves a file decides. */
const arrows: readonly Arrow[] = [
  {
    from: (file) => isIn(file, 'src/model'),
    may: ({to}) => isIn(to, 'src/model'),
    rule: 'the model imports nothing of the others, bring it in as an argument',
  },
  {
    from: (file) => isIn(file, 'src/journal'),
    may: ({to}) => isIn(to, 'src/model', 'src/journal'),
    rule: 'the journal imports only the model, bring it in as an argument',
  },
  {
    from: (file) => isIn(file, 'src/inventory'),
    may: ({to}) =>
      isIn(to, 'src/model', 'src/inventory') ||
      to === 'src/version.ts' ||
      to === 'src/journal/redactor.ts',
    rule: 'the inventory imports only the model (and tells the redactor its secrets), bring it in as an argument',
  },
  {
    from: (file) => isIn(file, 'src/forecast'),
    may: ({to}) => isIn(to, 'src/model', 'src/forecast'),
    rule: 'a forecast is a pure function of journals and a runbook, give it what it needs as an argument',
  },
  {
    from: (file) => isIn(file, 'src/engine'),
    may: ({to, kind}) =>
      isIn(to, 'src/model', 'src/forecast', 'src/engine') ||
      (kind === 'type' && to === 'src/journal/contract.ts'),
    rule: 'the engine knows the model and the contract of the journal, and no inventory, step, screen or report; move it to the step or to the CLI',
  },
  {
    from: (file) => isIn(file, 'src/report'),
    may: ({to}) => isIn(to, 'src/model', 'src/forecast', 'src/report'),
    rule: 'a report is a pure function of the model, give it what it needs as an argument',
  },
  {
    from: (file) => isIn(file, 'src/notify'),
    may: ({to}) =>
      isIn(to, 'src/model', 'src/notify', 'src/inventory') || to === 'src/journal/redactor.ts',
    rule: 'those who tell people know the journal by its entries, and no engine, report or screen; bring it in as an argument',
  },
  {
    from: (file) => isIn(file, 'src/traces'),
    may: ({to}) => isIn(to, 'src/model', 'src/traces'),
    rule: 'traces are made of entries of the journal; bring it in as an argument',
  },
  {
    from: (file) => isIn(file, 'src/run'),
    may: ({to}) =>
      isIn(
        to,
        'src/run',
        'src/notify',
        'src/traces',
        'src/engine',
        'src/forecast',
        'src/report',
        'src/inventory',
        'src/journal',
        'src/model',
      ) || to === 'src/version.ts',
    rule: 'the application knows no terminal, give it what it needs as an argument',
  },
  {
    from: (file) => isIn(file, 'src/fleet'),
    may: ({to}) => isIn(to, 'src') && !isIn(to, 'src/cli'),
    rule: 'a fleet runs what one run does, and knows no terminal; give it what it needs as an argument',
  },
  {
    from: (file) => file === 'src/index.ts',
    may: ({to, kind}) =>
      isIn(to, 'src/model') ||
      to === 'src/run/index.ts' ||
      (kind === 'type' && isIn(to, 'src/run', 'src/engine')),
    rule: 'authors import words alone, put what they need into the model, or load it when it is called',
  },
  {
    from: (file) => isIn(file, 'src/testing'),
    may: ({to}) => isIn(to, 'src') || /^steps\/[^/]+\/index\.ts$/.test(to),
    rule: 'what authors test with knows the product, and of a technology its index.ts; export there what it needs',
  },
  {
    from: (file) => isIn(file, 'src'),
    may: ({file, to, kind}) =>
      isIn(to, 'src') ||
      (to === 'lab/index.ts' &&
        (kind === 'type' || (kind === 'dynamic' && file === 'src/cli/actions/lab-package.ts'))),
    rule: 'the product does not load steps or the lab, only src/cli/actions/lab-package.ts does when it is called',
  },
  {
    from: (file) => isIn(file, 'steps'),
    may: ({file, to}) =>
      to === 'src/index.ts' ||
      technologyOf(to) === technologyOf(file) ||
      /^steps\/[^/]+\/index\.ts$/.test(to),
    rule: 'a technology imports src/index.ts, its own folder, and only the index.ts of another; export there what both need',
  },
  {
    from: (file) => isIn(file, 'lab'),
    may: ({to}) =>
      isIn(to, 'lab') ||
      ['src/index.ts', 'src/testing.ts', 'steps/name-servers/index.ts'].includes(to),
    rule: 'the lab is a package of its own, import switcharoo, switcharoo/testing or switcharoo/name-servers',
  },
  {
    from: (file) => isIn(file, 'runbooks'),
    may: ({to}) => to === 'src/index.ts' || isIn(to, 'steps', 'runbooks/fragments'),
    rule: 'a runbook imports switcharoo, its steps and fragments, as an author would',
  },
];

export const arrowsOfTheHouse: Rule = (tree) =>
  ownImports(tree).flatMap((found) => {
    const arrow = arrows.find(({from}) => from(found.file));
    return !arrow || !tree.has(found.to) || arrow.may(found)
      ? []
      : [finding(found.file, found.line, `it imports ${found.to}: ${arrow.rule}`)];
  });

const technologyOf = (file: string): string => file.split('/').slice(0, 2).join('/');

/** `steps/mysql/freeze-writes.ts` declares `mysql.freeze-writes`, and nothing else. */
export const namesEqualPaths: Rule = (tree) =>
  unitsIn(tree).flatMap(({file, line, name}) => {
    const due = file
      .replace(/^steps\//, '')
      .replace('/', '.')
      .replace(/\.ts$/, '');
    return name === due
      ? []
      : [finding(file, line, `the name of a step equals its path, call ${name} ${due} or move it`)];
  });

const face = new Set(['index.ts', 'contract.ts', 'target.ts']);

/** "Which are the steps?" is answered by `ls steps/mysql`. */
export const topFilesAreSteps: Rule = (tree) =>
  filesOf(tree, 'steps')
    .map(([file]) => file)
    .filter((file) => file.split('/').length === 3 && !face.has(basename(file)))
    // The model declares them: every runbook may ask.
    .filter((file) => !/^steps\/operator\/(confirm|approve)\.ts$/.test(file))
    .filter((file) => !unitsIn(tree).some((unit) => unit.file === file))
    .map((file) =>
      finding(file, 1, 'it declares no step or gate, move it to a folder by its subject'),
    );

export const stepsKeepTheLaws: Rule = (tree) => {
  const tried = [...tree]
    .filter(([file, text]) => isIn(file, 'test/steps') && text.includes('lawsOfStep('))
    .map(([, text]) => text)
    .join('\n');
  return unitsIn(tree)
    .filter(({kind}) => kind === 'Step')
    .filter(({constant}) => !new RegExp(`\\b${constant}\\b`).test(tried))
    .map(({file, line, constant}) =>
      finding(
        file,
        line,
        `every step keeps the laws, add lawsOfStep({step: ${constant}, …}) to its test`,
      ),
    );
};

/** `verify` takes a step without effects for harmless: one that forgets them would hide a fault. */
export const stepsDeclareEffects: Rule = (tree) =>
  unitsIn(tree)
    .filter(({kind}) => kind !== 'Gate')
    .filter(({file}) => !/^ {2}effects:/m.test(tree.get(file) ?? ''))
    .map(({file, line, name}) =>
      finding(file, line, `${name} declares no effects, list the facts it changes, or effects: []`),
    );

/** A `code` beside a `message` is the name of a problem; those of lab/aws are Amazon's. */
export const codesAreListed: Rule = (tree) => {
  const page = tree.get('docs/problems.md') ?? '';
  const listed = new Set([...page.matchAll(/^## (\S+)$/gm)].map(([, code]) => code));
  return filesOf(tree, 'src', 'steps', 'lab')
    .filter(([file]) => !isIn(file, 'lab/aws'))
    .flatMap(([file, text]) =>
      [...text.matchAll(/\bcode: (?!z\.)([^\n]*?),\n?\s*message:/g)].flatMap((match) => {
        const line = lineAt(text, match.index);
        const codes = [...(match[1] ?? '').matchAll(/'([^']*)'/g)].map(([, code = '']) => code);
        if (codes.length === 0 || !codes.every((code) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(code))) {
          return [finding(file, line, 'a code is a kebab-case literal, write it out here')];
        }
        return codes
          .filter((code) => !listed.has(code))
          .map((code) =>
            finding(
              file,
              line,
              `${code} is not in docs/problems.md, UPDATE_GOLDEN=1 npx vitest run test/docs writes it`,
            ),
          );
      }),
    );
};

export const linksResolve: Rule = (tree) =>
  [...tree]
    .filter(([file]) => file.endsWith('.md'))
    .flatMap(([file, text]) =>
      [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap((match) => {
        const to = normalize(`${dirname(file)}/${match[1]}`).replace(/\/$/, '');
        const exists = tree.has(to) || [...tree.keys()].some((other) => isIn(other, to));
        return exists
          ? []
          : [
              finding(
                file,
                lineAt(text, match.index),
                `${to} does not exist, mend the link or leave it out`,
              ),
            ];
      }),
    );

/** Files that are started, or found by their folder, and not imported. */
const entryPoints = [
  /^src\/(index|testing|cli\/main)\.ts$/,
  /^steps\/[^/]+\/[^/]+\.ts$/,
  /^lab\/(index|main|testing|app\/\w+|clients\/main|registry\/builder)\.ts$/,
];

export const noDeadFile: Rule = (tree) => {
  const imported = new Set(
    ownImports(tree)
      .filter(({file}) => !isIn(file, 'test'))
      .map(({to}) => to),
  );
  return filesOf(tree, 'src', 'steps', 'lab')
    .map(([file]) => file)
    .filter((file) => !imported.has(file))
    .filter((file) => !entryPoints.some((entry) => entry.test(file)) || isDeadUnder(file, tree))
    .map((file) => finding(file, 1, 'nobody imports it, remove it or name it as an entry point'));
};

/** A file below steps/ that declares nothing of its own is there for others. */
const isDeadUnder = (file: string, tree: Tree): boolean =>
  isIn(file, 'steps') &&
  !/\bdefine(Step|OneWayStep|Gate|Target)\(|^export \{/m.test(tree.get(file) ?? '');

export const dependenciesAreUsed: Rule = (tree) => [
  ...unusedDependenciesIn(tree, 'package.json', 'src', 'steps', 'bin', 'runbooks'),
  ...unusedDependenciesIn(tree, 'lab/package.json', 'lab'),
];

/** What a package.json depends on and no file below `folders` imports. */
function unusedDependenciesIn(
  tree: Tree,
  manifest: string,
  ...folders: readonly string[]
): readonly Finding[] {
  const text = tree.get(manifest) ?? '{}';
  const {dependencies = {}} = JSON.parse(text) as {dependencies?: Record<string, string>};
  const imported = new Set(
    ownImports(tree)
      .filter(({file}) => isIn(file, ...folders))
      .map(({to}) => to),
  );
  return Object.keys(dependencies)
    .filter((name) => !imported.has(name))
    .map((name) =>
      finding(
        manifest,
        lineAt(text, text.indexOf(`"${name}"`)),
        `nobody imports ${name}, npm uninstall ${name}`,
      ),
    );
}

export const noCircles: Rule = (tree) =>
  circlesIn(tree).map(([first = '', ...others]) =>
    finding(
      first,
      1,
      `it and ${others.join(', ')} import each other, move what both need into a file of its own`,
    ),
  );

export const exportsAreUsed: Rule = (tree) =>
  unusedExportsIn(tree).map(({file, line, name}) =>
    finding(file, line, `no other file imports ${name}, do not export it`),
  );

const longestFile = 300;
const longestFunction = 60;

export const nothingIsLong: Rule = (tree) =>
  sourcesOf(tree).flatMap(([file, text]) => {
    const lines = text.split('\n').length - 1;
    const functions = isIn(file, 'src', 'steps')
      ? functionsIn(file, text).filter((each) => each.lines > longestFunction)
      : [];
    return [
      ...(lines > longestFile
        ? [finding(file, 1, `it has ${lines} lines, divide it by subject (${longestFile} at most)`)]
        : []),
      ...functions.map((each) =>
        finding(
          file,
          each.line,
          `this function has ${each.lines} lines, divide it (${longestFunction} at most)`,
        ),
      ),
    ];
  });

const longestLine = 120;

/** Pages that scripts write: their sentences come from the sources. */
const generatedPages = [
  'docs/problems.md',
  'docs/preflight.md',
  'docs/permissions.md',
  'docs/steps.md',
];

/** Lines of comments and of Markdown. Tables and code blocks may be wider. */
export const linesFitTheScreen: Rule = (tree) =>
  [...tree].flatMap(([file, text]) =>
    proseLinesOf(file, text)
      .filter(({line}) => line.length > longestLine)
      .map(({line, number}) =>
        finding(
          file,
          number,
          `this line has ${line.length} columns, wrap it (${longestLine} at most)`,
        ),
      ),
  );

function proseLinesOf(
  file: string,
  text: string,
): readonly {readonly line: string; readonly number: number}[] {
  const lines = text.split('\n').map((line, index) => ({line, number: index + 1}));
  if (isCode(file)) {
    return lines.filter(({line}) => /^\s*(\/\/(?! biome-ignore)|\/\*|\*( |\/|$))/.test(line));
  }
  if (!file.endsWith('.md') || generatedPages.includes(file)) {
    return [];
  }
  const fences = lines.filter(({line}) => line.startsWith('```')).map(({number}) => number);
  const isInBlock = (at: number) => fences.filter((number) => number <= at).length % 2 === 1;
  return lines.filter(({line, number}) => !line.startsWith('|') && !isInBlock(number));
}

/**
 * They need the time of day: to say how far it is from another clock, because a signature or a name has it, or as an
 * end of what another system is asked for.
 */
const readersOfTheTimeOfDay = [
  'src/cli/actions/doctor.ts',
  'src/cli/live/feed.ts',
  'src/cli/options.ts',
  // In a browser: of two clocks, the one that says more time has passed.
  'src/report/page/script.ts',
  'src/run/machine-clock.ts',
  'src/run/open-run.ts',
  'src/testing/step-laws.ts',
  'steps/aurora/cluster/capacity.ts',
  'steps/aws/sdk/clock.ts',
  'steps/mysql/claim/lock.ts',
  'steps/name-servers/zone/transfer.ts',
];

/** Times are subtracted here and nowhere else: what may not be known, or be below zero, is decided once. */
const subtractTimes = [
  'src/model/moment.ts',
  'src/run/machine-clock.ts',
  // How far AWS's clock is from this machine's, and what is left of credentials by AWS's.
  'steps/aws/sdk/clock.ts',
  // What is left until a TTL has passed: below zero once it has.
  'steps/dns/ttl/times.ts',
  // How far a failed request was from a hold, before it or after.
  'src/cli/actions/measure.ts',
  // In a browser.
  'src/report/page/script.ts',
];

const timeOfDay = /\bDate\.now\b|\bnew Date\(\)/g;
const difference =
  /(\.getTime\(\)|\bDate\.parse\([^)]*\))\s*-(?!-)|[^-]-\s*([\w.?]+\.getTime\(\)|Date\.parse\()/g;

export const durationsAreMonotonic: Rule = (tree) =>
  filesOf(tree, 'src', 'steps').flatMap(([file, text]) => [
    ...[...(readersOfTheTimeOfDay.includes(file) ? [] : text.matchAll(timeOfDay))].map(({index}) =>
      finding(
        file,
        lineAt(text, index),
        'somebody may set this clock meanwhile, measure durations with performance.now() or the clock of the run',
      ),
    ),
    ...[...(subtractTimes.includes(file) ? [] : text.matchAll(difference))].map(({index}) =>
      finding(
        file,
        lineAt(text, index),
        'the clock may have been set back in between, take elapsedMs or shifted of src/model/moment.ts',
      ),
    ),
  ]);

export const wordsAreCurrent: Rule = (tree) =>
  retiredWordsIn(tree).map(({file, line, found, instead}) =>
    finding(file, line, `"${found}" is a retired word, say: ${instead}`),
  );

export const rules: Readonly<Record<string, Rule>> = {
  'the arrows of the house': arrowsOfTheHouse,
  "a step's name equals its path": namesEqualPaths,
  'a technology has its steps at the top': topFilesAreSteps,
  'every step keeps the laws': stepsKeepTheLaws,
  'every step declares its effects': stepsDeclareEffects,
  'every problem code is listed': codesAreListed,
  'every link resolves': linksResolve,
  'no dead file': noDeadFile,
  'every dependency is used': dependenciesAreUsed,
  'no circle of imports': noCircles,
  'no export that nobody imports': exportsAreUsed,
  'nothing is long': nothingIsLong,
  'durations are monotonic': durationsAreMonotonic,
  'words are current': wordsAreCurrent,
  'lines fit the screen': linesFitTheScreen,
};

interface Unit {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly constant: string;
  readonly name: string;
}

function unitsIn(tree: Tree): readonly Unit[] {
  const declared = /const (\w+) = define(Step|OneWayStep|Gate)\(\{[\s\S]*?\bname: '([^']+)'/g;
  return filesOf(tree, 'steps').flatMap(([file, text]) =>
    [...text.matchAll(declared)].map((match) => {
      const [, constant = '', kind = '', name = ''] = match;
      return {file, line: lineAt(text, match.index), kind, constant, name};
    }),
  );
}

const filesOf = (tree: Tree, ...folders: readonly string[]) =>
  [...tree].filter(([file]) => isCode(file) && isIn(file, ...folders));

const ownImports = (tree: Tree): readonly Import[] =>
  [...tree].filter(([file]) => isCode(file)).flatMap(([file, text]) => importsOf(file, text));

/** `what` has two halves: the rule, and what to do instead. */
const finding = (file: string, line: number, what: string): Finding =>
  `${file}:${line}: ${what}` as Finding;
