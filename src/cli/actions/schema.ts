import {inventorySchema} from '../../inventory/inventory-schema.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {ownLibrary} from '../../run/own-library.ts';
import {targetKinds} from '../../run/step-library.ts';
import type {App} from '../app.ts';
import {printProblems} from '../print-problems.ts';

/** Prints the JSON Schema of an inventory, with the project's own kinds of target. */
export async function printSchema(app: App): Promise<ExitCode> {
  const own = await ownLibrary();
  if (own.problems.length > 0) {
    printProblems(app, own.problems, {inPlace: ['this command has changed nothing']});
    return exitCodes.blocked;
  }
  app.print(JSON.stringify(inventorySchema([...(await targetKinds()), ...own.kinds]), null, 2));
  return exitCodes.done;
}
