import {openDatabase} from '../../fleet/database.ts';
import {serveFleet} from '../../fleet/runner.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';

/** Takes units and runs them, until it is told to stop. */
export async function runFleetUnits(
  app: App,
  {atOnce, untilIdle}: {readonly atOnce: number; readonly untilIdle: boolean},
): Promise<ExitCode> {
  const signals = listenToSignals(() =>
    app.say(
      'Stopping: no unit and no outage begins here. Runs in an outage continue to their end.',
    ),
  );
  try {
    const database = await openDatabase(app.state.path);
    // A command of a runbook must not inherit its password.
    delete process.env['DATABASE_URL'];
    try {
      app.say(`Running up to ${atOnce} units at once. Ctrl-C stops it.`);
      await serveFleet({host: app, database, atOnce, untilIdle, signals, say: app.say});
    } finally {
      await database.close();
    }
  } finally {
    signals.dispose();
  }
  if (app.json) {
    printDocument(app, 'fleet-runner', {stopped: true, next: [app.paste('fleet status')]});
  }
  return exitCodes.done;
}
