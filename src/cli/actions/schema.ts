import {inventorySchema} from '../../inventory/inventory-schema.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {didYouMean, namesNear} from '../../model/suggestion.ts';
import {nextText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {ownLibrary} from '../../run/own-library.ts';
import {targetKinds} from '../../run/step-library.ts';
import type {App} from '../app.ts';
import type {DocumentName} from '../documents/index.ts';
import {documentTexts} from '../documents/texts.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';

const inventory = 'inventory';

/** What `schema` can print. */
export const schemaList = (): readonly {readonly name: string; readonly what: string}[] => [
  {name: inventory, what: 'An inventory, with the kinds of target of this project'},
  ...Object.entries(documentTexts).map(([name, what]) => ({name, what})),
];

/** Prints the JSON Schema of an inventory or of a document, or the list of them. */
export async function printSchema(app: App, name: string | undefined): Promise<ExitCode> {
  const schemas = schemaList();
  if (name === undefined) {
    if (app.json) {
      printDocument(app, 'schemas', {schemas, next: []});
    } else {
      const lines = schemas.map(({name, what}) => ({command: app.paste(`schema ${name}`), what}));
      app.print(nextText(lines, app, '').join('\n'));
    }
    return exitCodes.done;
  }
  if (name === inventory) {
    return printInventorySchema(app);
  }
  if (!isDocument(name)) {
    throw new SwitcharooError(
      unknownSchema(
        name,
        schemas.map((schema) => schema.name),
      ),
    );
  }
  const {schemaOfDocument} = await import('../documents/json-schema.ts');
  printWhole(app, schemaOfDocument(name));
  return exitCodes.done;
}

const isDocument = (name: string): name is DocumentName => Object.hasOwn(documentTexts, name);

async function printInventorySchema(app: App): Promise<ExitCode> {
  const own = await ownLibrary();
  if (own.problems.length > 0) {
    printProblems(app, own.problems, {inPlace: ['this command has changed nothing']});
    return exitCodes.blocked;
  }
  printWhole(app, inventorySchema([...(await targetKinds()), ...own.kinds]));
  return exitCodes.done;
}

/** For an editor in any case; on one line for a program that reads lines. */
const printWhole = (app: App, schema: object): void =>
  app.print(app.json ? JSON.stringify(schema) : JSON.stringify(schema, null, 2));

const unknownSchema = (name: string, names: readonly string[]): Problem => ({
  code: 'unknown-schema',
  message: `There is no schema ${name}.`,
  hint: {text: `${didYouMean(namesNear(name, names))}List them with`, command: 'schema'},
});
