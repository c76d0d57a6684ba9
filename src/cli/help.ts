import type {Command, Help, HelpConfiguration, Option} from 'commander';

/** Help in the order of a question: what it does, how it is called, its commands, its options. Examples follow. */
export const helpConfiguration: HelpConfiguration = {
  showGlobalOptions: true,
  subcommandTerm: (command) => command.name(),
  optionDescription,
  formatHelp,
};

function formatHelp(command: Command, helper: Help): string {
  const width = helper.padWidth(command, helper);
  const commandItem = (each: Command) =>
    helper.formatItem(each.name(), width, helper.subcommandDescription(each), helper);
  const optionItem = (each: Option) =>
    helper.formatItem(each.flags, width, helper.optionDescription(each), helper);
  const commands = grouped(helper.visibleCommands(command), (each) => each.helpGroup());
  const options = grouped(helper.visibleOptions(command), (each) => each.helpGroupHeading);
  const shared = helper.visibleGlobalOptions(command).filter(({long}) => long !== '--version');
  const sections = [
    helper.boxWrap(command.description(), helper.helpWidth ?? 80),
    section('Usage', [`  ${helper.commandUsage(command)}`]),
    ...commands.map(([heading, list]) => section(heading ?? 'Commands', list.map(commandItem))),
    ...options.map(([heading, list]) => section(heading ?? 'Options', list.map(optionItem))),
    ...(shared.length > 0 ? [section('Options of every command', shared.map(optionItem))] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

const section = (heading: string, lines: readonly string[]): string =>
  [heading.toUpperCase(), ...lines].join('\n');

/** In the order in which the headings first appear. */
function grouped<Item>(
  items: readonly Item[],
  headingOf: (item: Item) => string | undefined,
): readonly (readonly [string | undefined, readonly Item[]])[] {
  const groups = new Map<string | undefined, Item[]>();
  for (const item of items) {
    const heading = headingOf(item) || undefined;
    groups.set(heading, [...(groups.get(heading) ?? []), item]);
  }
  return [...groups];
}

/** A switch that is off is no default to show. */
function optionDescription({description, argChoices, defaultValue, envVar}: Option): string {
  const hasDefault = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const details = [
    ...(hasDefault ? [`default: ${defaultValue}`] : []),
    ...(envVar ? [`environment: ${envVar}`] : []),
  ];
  const choices = argChoices ? `: {${argChoices.join('|')}}` : '';
  return `${description}${choices}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}
