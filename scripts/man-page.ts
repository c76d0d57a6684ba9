import {fileURLToPath} from 'node:url';
import type {CommandFamily, CommandSpec, OptionSpec} from '../src/cli/command.ts';
import {commandGroups} from '../src/cli/commands/index.ts';
import {globalOptions, longName} from '../src/cli/options.ts';
import {exitCodes} from '../src/run/exit-codes.ts';

export const manFile = fileURLToPath(new URL('../man/switcharoo.1', import.meta.url));

/** The man page, from the same table as `--help`: man(7). */
export const manPage = (): string =>
  [
    '.\\" Generated from the command table. To update it: UPDATE_GOLDEN=1 npx vitest run test/docs',
    '.TH SWITCHAROO 1',
    '.SH NAME',
    'switcharoo \\- plan, rehearse, run and reverse a migration cutover',
    '.SH SYNOPSIS',
    '.B switcharoo',
    '.I command',
    '[options]',
    ...Object.entries(commandGroups).flatMap(([heading, commands]) => [
      `.SH ${quoted(heading.toUpperCase())}`,
      ...commands.flatMap((command) =>
        'commands' in command ? familyOf(command) : commandOf(command),
      ),
    ]),
    '.SH OPTIONS OF EVERY COMMAND',
    ...optionsOf(globalOptions),
    '.SH EXIT STATUS',
    ...Object.entries(exitCodes)
      .sort(([, a], [, b]) => a - b)
      .flatMap(([name, code]) => [`.TP\n.B ${code}`, wordsOf(name)]),
    '.SH ENVIRONMENT',
    '.TP\n.B SWITCHAROO_STATE_DIR',
    roff('Folder of journals and locks, instead of .switcharoo.'),
    '.SH SEE ALSO',
    roff(
      'switcharoo docs lists the pages of the docs, and switcharoo explain CODE explains a problem.',
    ),
    '',
  ].join('\n');

const familyOf = ({name, commands}: CommandFamily): readonly string[] =>
  commands.flatMap((command) => commandOf({...command, name: `${name} ${command.name}`}));

function commandOf(spec: CommandSpec): readonly string[] {
  const {
    name,
    arguments: args,
    summary,
    description = `${summary}.`,
    options = {},
    examples,
  } = spec;
  if (spec.isHidden) {
    return [];
  }
  return [
    `.SS ${quoted([name, args].filter(Boolean).join(' '))}`,
    ...description.split('\n\n').flatMap((paragraph) => ['.PP', roff(paragraph)]),
    ...optionsOf(options),
    '.PP',
    'Examples:',
    ...examples.flatMap((example) => ['.PP', '.RS', roff(`switcharoo ${example}`), '.RE']),
  ];
}

const optionsOf = (options: Readonly<Record<string, OptionSpec>>): readonly string[] =>
  Object.entries(options).flatMap(([name, {short, placeholder, description, choices}]) => {
    const flags = [...(short ? [`-${short}`] : []), longName(name)].join(', ');
    const value = placeholder === undefined ? '' : ` <${placeholder}>`;
    const possible = choices ? `: ${choices.join(', ')}` : '';
    return ['.TP', `.B ${roff(`${flags}${value}`)}`, roff(`${description}${possible}`)];
  });

/** `notFound` is "not found". */
const wordsOf = (name: string): string =>
  roff(name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));

/** Text as roff takes it word for word: no line begins with a request. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('\n', ' ')
    .replace(/^([.'])/, '\\&$1');

const quoted = (text: string): string => `"${roff(text).replaceAll('"', '\\(dq')}"`;
