import {clean} from '../report/text.ts';
import {defaultStateFolder} from '../run/defaults.ts';
import type {ExitCode} from '../run/exit-codes.ts';
import {version} from '../version.ts';
import {type CommandFamily, type CommandSpec, InvalidValue, type OptionSpec} from './command.ts';
import {Command, InvalidArgumentError, Option} from './commander.ts';
import {commandGroups} from './commands/index.ts';
import {helpConfiguration} from './help.ts';
import {globalOptions, longName} from './options.ts';

type End = (code: ExitCode) => void;

/** The command line: every declared command. `end` receives the exit code of the command that ran. */
export function programWith(end: End): Command {
  const program = commandWith('switcharoo', 'Plan, rehearse, run and reverse a migration cutover.')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'Print the version')
    .addOption(
      optionOf('stateDir', globalOptions.stateDir)
        .env('SWITCHAROO_STATE_DIR')
        .default(defaultStateFolder),
    )
    .addOption(optionOf('json', globalOptions.json))
    .addHelpText('after', examplesText(['plan bare-metal-to-ecs -i staging', 'rehearse']));
  for (const [heading, commands] of Object.entries(commandGroups)) {
    program.commandsGroup(heading);
    for (const command of commands) {
      if ('commands' in command) {
        program.addCommand(familyOf(command, end));
      } else {
        program.addCommand(commandOf(command, end), {hidden: command.isHidden ?? false});
      }
    }
  }
  return program
    .commandsGroup('Other commands')
    .helpCommand('help [command]', 'Show help for a command');
}

function familyOf({name, summary, commands}: CommandFamily, end: End): Command {
  const family = commandWith(name, `${summary}.`)
    .summary(summary)
    .usage('<command> [options]')
    .helpCommand(false)
    .addHelpText('after', examplesText(commands.flatMap(({examples: [first]}) => first ?? [])));
  for (const command of commands) {
    family.addCommand(commandOf(command, end));
  }
  return family;
}

function commandOf(spec: CommandSpec, end: End): Command {
  const {name, summary, description = `${summary}.`, options = {}, examples} = spec;
  const command = commandWith(name, description)
    .summary(summary)
    .usage(usageOf(spec))
    .addHelpText('after', examplesText(examples));
  if (spec.arguments !== undefined) {
    command.arguments(spec.arguments);
  }
  for (const [option, optionSpec] of Object.entries(options)) {
    command.addOption(optionOf(option, optionSpec));
  }
  return command.action(async () => {
    const {openApp} = await import('./app.ts');
    const given = command.optsWithGlobals<{stateDir: string; json: boolean}>();
    // Commander has parsed them as they are declared.
    const app = openApp(given);
    end(await spec.run({app, args: command.args, options: given as never, groups: commandGroups}));
  });
}

/** What was typed is quoted in commander's messages: it may have come from anywhere. */
class CleanCommand extends Command {
  override error(message: string, options?: Parameters<Command['error']>[1]): never {
    const [hint = ''] = message.match(/\n\(Did you mean [^\n]*\)$/) ?? [];
    const text = message.slice(0, message.length - hint.length);
    return super.error(`${clean(text)}${hint && `\n${clean(hint).trim()}`}`, options);
  }
}

const commandWith = (name: string, description: string): Command =>
  new CleanCommand(name)
    .description(description)
    .helpOption('-h, --help', 'Show help for a command')
    .exitOverride()
    .showHelpAfterError('(--help after the command shows its arguments, with an example)')
    .configureHelp(helpConfiguration);

/** Its arguments and its mandatory options. */
function usageOf({arguments: args, options = {}}: CommandSpec): string {
  const mandatory = Object.entries(options)
    .filter(([, {isMandatory}]) => isMandatory)
    .map(
      ([name, spec]) => `${spec.short ? `-${spec.short}` : longName(name)}${placeholderOf(spec)}`,
    );
  const isVariadic = args?.includes('...') ?? false;
  const rest = ['[options]', ...(isVariadic && args ? [`-- ${args}`] : [])];
  return [...(args && !isVariadic ? [args] : []), ...mandatory, ...rest].join(' ');
}

const examplesText = (examples: readonly string[]): string =>
  ['', 'EXAMPLES', ...examples.map((example) => `  $ switcharoo ${example}`)].join('\n');

function optionOf(name: string, spec: OptionSpec): Option {
  const {short, description, isMandatory = false, fallback, group, choices} = spec;
  const flags = `${short ? `-${short}, ` : ''}${longName(name)}${placeholderOf(spec)}`;
  const option = new Option(flags, description).makeOptionMandatory(isMandatory);
  if (spec.bare !== undefined) {
    option.preset(spec.bare);
  }
  if (fallback !== undefined) {
    option.default(fallback);
  }
  if (group !== undefined) {
    option.helpGroup(group);
  }
  if (choices) {
    option.choices([...choices]);
  }
  if (spec.parse) {
    option.argParser((text, previous: unknown) => parsedBy(spec, text, previous));
  }
  return option;
}

function placeholderOf({placeholder, isList, bare}: OptionSpec): string {
  const [open, close] = bare === undefined ? ['<', '>'] : ['[', ']'];
  return placeholder === undefined ? '' : ` ${open}${placeholder}${isList ? '...' : ''}${close}`;
}

function parsedBy(spec: OptionSpec, text: string, previous: unknown): unknown {
  try {
    return spec.parse?.(text, previous);
  } catch (error) {
    throw error instanceof InvalidValue ? new InvalidArgumentError(error.message) : error;
  }
}
