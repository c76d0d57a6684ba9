import {fleetGrants} from '../../fleet/grants.ts';
import {fleetReport} from '../../fleet/report.ts';
import {fleetNamed} from '../../fleet/status.ts';
import {makeAllTables} from '../../fleet/tables.ts';
import {fleetGrantsText, fleetReportText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {inDatabase} from './fleet-orders.ts';

/** What became of each unit, and who ordered or approved what. */
export const showFleetReport = (app: App, name: string | undefined): Promise<ExitCode> =>
  inDatabase(app, async (database) => {
    const report = await fleetReport(app, database, await fleetNamed(database, name));
    if (app.json) {
      printDocument(app, 'fleet-report', {...report, next: []});
    } else {
      app.print(fleetReportText(report, app));
    }
    return exitCodes.done;
  });

/** Makes the tables, or brings them up to date. */
export const makeFleetTables = (app: App): Promise<ExitCode> =>
  inDatabase(app, async (database) => {
    await makeAllTables(database);
    const next = [app.paste('fleet permissions')];
    if (app.json) {
      printDocument(app, 'fleet-init', {ready: true, next});
    } else {
      app.say('The tables of fleets are ready.');
      app.say(`To let others work with them: ${next[0]}`);
    }
    return exitCodes.done;
  });

/** Prints what each role of a fleet needs in PostgreSQL. Contacts no system. */
export function showFleetGrants(app: App): ExitCode {
  if (app.json) {
    printDocument(app, 'fleet-permissions', {roles: fleetGrants, next: []});
  } else {
    app.print(fleetGrantsText(fleetGrants, app));
  }
  return exitCodes.done;
}
