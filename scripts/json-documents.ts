import {fileURLToPath} from 'node:url';
import type {z} from 'zod';
import type {CommandFamily, CommandSpec} from '../src/cli/command.ts';
import {commandGroups} from '../src/cli/commands/index.ts';
import type {DocumentName} from '../src/cli/documents/index.ts';
import {schemaOfDocument} from '../src/cli/documents/json-schema.ts';
import {documentTexts} from '../src/cli/documents/texts.ts';

export const jsonPageFile = fileURLToPath(new URL('../docs/json.md', import.meta.url));

export const documentNames = Object.keys(documentTexts) as readonly DocumentName[]; // its own keys

/** The text of `schemas/NAME.json`. */
export const schemaFileText = (name: DocumentName): string =>
  `${JSON.stringify(schemaOfDocument(name), null, 2)}\n`;

const head = `# JSON for programs

Every command takes \`--json\`. It prints one document on stdout, on one line. \`log\` prints one line for each entry, and
\`preflight --every\` one for each change. A run prints one line for each thing that happens, and ends with its report.

Each document has a JSON Schema. \`switcharoo schema\` lists them, \`switcharoo schema report\` prints one, and the package
has them in \`schemas/\`. The tests validate every line that a command prints against these schemas.

- \`next\` has the commands to run next, the most likely one first, ready to paste. It is empty where there is nothing
  to do. Lines of a run have none: the document after them does. Lines of a journal and a JSON Schema have none.
- A command that fails prints \`problems\`, or says what is wrong in its own document, such as a \`plan\`, a \`report\` or
  a \`preflight\`. Its exit code is the same as without \`--json\`.
- Nobody is asked anything. Give answers with \`--yes\`, \`--plan\` and \`--answer\`.
- Decide by \`code\`, \`outcome\`, \`kind\` and exit code: sentences may change. Take times and \`seq\` from \`journaled\` lines.
- A later version may add fields: ignore those that you do not know.
`;

/** `docs/json.md`: which command prints what, and the fields of each document. */
export const jsonPage = (): string =>
  [
    head,
    '## Commands',
    '',
    '| command | documents |',
    '|---|---|',
    ...commands().map(
      ({words, prints}) => `| \`switcharoo ${words} --json\` | ${prints.map(linkTo).join(', ')} |`,
    ),
    `| any that fails | ${linkTo('problems')} |`,
    '',
    '`shell`, `completion` and `complete` print text for a terminal or a shell, and no JSON.',
    '',
    ...documentNames.flatMap(sectionOf),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');

const linkTo = (name: DocumentName): string => `[\`${name}\`](#${name})`;

interface Printing {
  readonly words: string;
  readonly prints: readonly DocumentName[];
}

const commands = (): readonly Printing[] =>
  Object.values(commandGroups)
    .flat()
    .flatMap((command: CommandSpec | CommandFamily) =>
      'commands' in command
        ? command.commands.map(({name, prints = []}) => ({
            words: `${command.name} ${name}`,
            prints,
          }))
        : [{words: command.name, prints: command.prints ?? []}],
    )
    .filter(({prints}) => prints.length > 0);

type Schema = z.core.JSONSchema.BaseSchema;

function sectionOf(name: DocumentName): readonly string[] {
  const {oneOf, ...schema} = schemaOfDocument(name) as Schema;
  const forms = (oneOf as readonly Schema[] | undefined) ?? [schema];
  const rows = forms.flatMap((form) => rowsOf(form, oneOf !== undefined));
  const table = rows.length > 0 ? ['| field | type | |', '|---|---|---|', ...rows, ''] : [];
  return [`## ${name}`, '', `${documentTexts[name]}.`, '', ...table];
}

/** Of several forms, one row each; of one form, a row for each field. */
function rowsOf({properties = {}, required = []}: Schema, isOneOfMany: boolean): readonly string[] {
  const fields = Object.entries(properties as Readonly<Record<string, Schema>>);
  if (!isOneOfMany) {
    return fields.map(([field, schema]) => {
      const mark = required.includes(field) ? '' : '?';
      return `| \`${field}${mark}\` | ${typeOf(schema)} | ${schema.description ?? ''} |`;
    });
  }
  const others = fields.filter(([field]) => field !== 'kind').map(([field]) => `\`${field}\``);
  const kind = (properties['kind'] as Schema | undefined)?.const;
  return [`| \`kind\` | \`"${String(kind)}"\` | with ${others.join(', ')} |`];
}

function typeOf({type, items, anyOf, oneOf, enum: values, const: value}: Schema): string {
  if (value !== undefined) {
    return `\`${JSON.stringify(value)}\``;
  }
  if (values) {
    return values.map((each) => `\`${JSON.stringify(each)}\``).join(', ');
  }
  if (type === 'array') {
    return `list of ${items && typeof items === 'object' ? plainType(items as Schema) : 'anything'}`;
  }
  const forms = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  return forms ? [...new Set(forms.map(typeOf))].join(' or ') : plainType({type} as Schema);
}

const plainType = ({type, anyOf, oneOf}: Schema): string =>
  typeof type === 'string' ? type : anyOf || oneOf ? 'object' : 'anything';
