import {namesIn} from '../../inventory/names.ts';
import {loadRunbook, onlyRunbook} from '../../inventory/runbook-file.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {readableProgress, recallFolds} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import type {CommandFamily, CommandGroups, CommandSpec, OptionSpec} from '../command.ts';
import {globalOptions, longName} from '../options.ts';

interface Candidate {
  readonly word: string;
  readonly what?: string;
}

/**
 * Prints what could stand at the end of these words, one candidate a line, after a tab what it is. Never fails: a shell
 * waits for it.
 */
export async function complete(
  app: App,
  groups: CommandGroups,
  given: readonly string[],
): Promise<ExitCode> {
  const words = withoutBreaks(given);
  const partial = words.at(-1) ?? '';
  const candidates = await candidatesFor(app, groups, words).catch(() => []);
  const lines = candidates
    .filter(({word}) => word.startsWith(partial))
    .map(({word, what}) => (what === undefined ? word : `${word}\t${what}`));
  if (lines.length > 0) {
    app.print(lines.join('\n'));
  }
  return exitCodes.done;
}

/** As they were typed: bash takes `a=b` for three words. */
function withoutBreaks(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const isPart = index > 0 && (word === '=' || words[index - 1] === '=');
    joined.push(isPart ? `${joined.pop()}${word}` : word);
  }
  return joined;
}

type Command = CommandSpec | CommandFamily;

async function candidatesFor(
  app: App,
  groups: CommandGroups,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const all = Object.values(groups).flat();
  const typed = withoutGlobals(words.slice(0, -1));
  const partial = words.at(-1) ?? '';
  const family = all.find(({name}) => name === typed[0]);
  if (typed[0] === 'help') {
    return typed.length === 1 ? named(all) : [];
  }
  if (!family) {
    return partial.startsWith('-')
      ? optionsOf(globalOptions)
      : typed.length === 0
        ? [...named(all), {word: 'help', what: 'Show help for a command'}]
        : [];
  }
  if (!('commands' in family)) {
    return ofCommand(app, family, typed.slice(1), partial);
  }
  const command = family.commands.find(({name}) => name === typed[1]);
  return command ? ofCommand(app, command, typed.slice(2), partial) : named(family.commands);
}

/** Without `--json`, and `--state-dir` with its folder. */
const withoutGlobals = (words: readonly string[]): readonly string[] =>
  words.filter(
    (word, index) =>
      !['--json', '--state-dir'].includes(word) && words[index - 1] !== '--state-dir',
  );

const named = (commands: readonly Command[]): readonly Candidate[] =>
  commands
    .filter((command) => !('isHidden' in command && command.isHidden))
    .map(({name, summary}) => ({word: name, what: summary}));

const optionsOf = (options: Readonly<Record<string, OptionSpec>>): readonly Candidate[] =>
  Object.entries(options).map(([name, {description}]) => ({
    word: longName(name),
    what: description,
  }));

async function ofCommand(
  app: App,
  spec: CommandSpec,
  typed: readonly string[],
  partial: string,
): Promise<readonly Candidate[]> {
  const {arguments: args = '', options = {}} = spec;
  const all = {...options, ...globalOptions};
  const valued = Object.entries(all).filter(([, {placeholder}]) => placeholder !== undefined);
  const flagsOf = ([name, {short}]: readonly [string, OptionSpec]) => [
    longName(name),
    ...(short ? [`-${short}`] : []),
  ];
  const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(partial) ?? [];
  if (flag !== undefined && value !== undefined) {
    const values = await ofCommand(app, spec, [...typed, flag], value);
    return values.map(({word, ...what}) => ({word: `${flag}=${word}`, ...what}));
  }
  const last = typed.at(-1) ?? '';
  const option = valued.find((each) => flagsOf(each).includes(last))?.[1];
  const taking = new Set(valued.flatMap(flagsOf));
  const given = typed.filter(
    (word, index) => !word.startsWith('-') && !taking.has(typed[index - 1] ?? ''),
  );
  if (option) {
    return option.choices
      ? option.choices.map((word) => ({word}))
      : valuesOf(app, option.placeholder ?? '', args, given, partial);
  }
  if (partial.startsWith('-')) {
    return optionsOf(all);
  }
  const argument = /^[<[](\w+)/.exec(args)?.[1];
  return argument !== undefined && given.length === 0
    ? valuesOf(app, argument, args, given, partial)
    : [];
}

/** What may stand for a placeholder; none where the shell should offer files. */
async function valuesOf(
  app: App,
  placeholder: string,
  args: string,
  given: readonly string[],
  partial: string,
): Promise<readonly Candidate[]> {
  const words = (names: readonly string[]) => names.map((word) => ({word}));
  switch (placeholder) {
    case 'runbook':
      return words(namesIn('runbooks', '.ts'));
    case 'inventory':
      return words(namesIn('inventories', '.yaml').filter((name) => !name.endsWith('.example')));
    case 'run':
      return runsIn(app);
    case 'checkpoint':
      return words(await checkpointsFor(app, args, given));
    case 'page':
      return pages();
    case 'code':
      return words((await import('./docs.ts')).problemCodes());
    case 'step':
      return steps();
    case 'schema':
      return schemas();
    case 'entry':
      return words((await namedRunbook(given)).entries.map(({id}) => id));
    case 'name=value':
      return paramsOf(given);
    case 'entry=fault':
      return faultsAtEntries(given, partial);
    case 'fault':
      return faults(false);
    case 'part':
      return faults(true);
    case 'shell':
      return words(['bash', 'zsh', 'fish']);
    default:
      return [];
  }
}

function runsIn(app: App): readonly Candidate[] {
  recallFolds(app);
  return app.state.runs().map((run) => {
    const progress = readableProgress(app, run);
    return progress
      ? {
          word: run,
          what: `${progress.run.runbook.name} on ${progress.run.inventory.name}: ${progress.outcome}`,
        }
      : {word: run};
  });
}

/** Of the named runbook, or of the named or newest run. */
async function checkpointsFor(
  app: App,
  args: string,
  [name]: readonly string[],
): Promise<readonly string[]> {
  const isOfRunbook = args.includes('runbook');
  const run = isOfRunbook ? undefined : readableProgress(app, name ?? app.state.runs()[0] ?? '');
  const file = isOfRunbook ? name : run?.run.runbook.file;
  if (file === undefined) {
    return [];
  }
  const {items} = (await loadRunbook(file)).runbook;
  return items.flatMap((item) => (item.kind === 'checkpoint' ? [item.name] : []));
}

/** Of `lab break`, or of `lab slow`; none without the package of the lab. */
async function faults(isSlow: boolean): Promise<readonly Candidate[]> {
  const [{loadLab}, {faultsFor}] = await Promise.all([
    import('./lab-package.ts'),
    import('./lab-faults.ts'),
  ]);
  const {labFaults} = await loadLab();
  return faultsFor(labFaults, isSlow).map(({word, name}) => ({word, what: labFaults[name].what}));
}

/** Of `rehearse`: without a name it rehearses the only one of the project. */
const namedRunbook = async ([name]: readonly string[]) =>
  (await loadRunbook(name ?? onlyRunbook('bare-metal-to-ecs'))).runbook;

async function paramsOf(given: readonly string[]): Promise<readonly Candidate[]> {
  const {params} = (await namedRunbook(given)).head;
  return 'shape' in params ? Object.keys(params.shape).map((name) => ({word: `${name}=`})) : [];
}

/** First the entry, and `=` after it; then what may go wrong there. */
async function faultsAtEntries(
  given: readonly string[],
  partial: string,
): Promise<readonly Candidate[]> {
  const {entries} = await namedRunbook(given);
  const [entry = ''] = partial.split('=');
  if (!partial.includes('=') || !entries.some(({id}) => id === entry)) {
    return entries.map(({id}) => ({word: `${id}=`}));
  }
  const {labFaults} = await (await import('./lab-package.ts')).loadLab();
  return Object.entries(labFaults).map(([name, {what}]) => ({word: `${entry}=${name}`, what}));
}

async function pages(): Promise<readonly Candidate[]> {
  const {docsPages} = await import('./docs.ts');
  return docsPages().map(({page, title}) => ({word: page, what: title}));
}

async function schemas(): Promise<readonly Candidate[]> {
  const {schemaList} = await import('./schema.ts');
  return schemaList().map(({name, what}) => ({word: name, what}));
}

async function steps(): Promise<readonly Candidate[]> {
  const [{stepLibrary}, {ownLibrary}] = await Promise.all([
    import('../../run/step-library.ts'),
    import('../../run/own-library.ts'),
  ]);
  const units = [...(await stepLibrary()), ...(await ownLibrary()).units];
  return units.map(({name, summary}) => ({word: name, what: summary}));
}
