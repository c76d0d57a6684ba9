import {fleetsIn} from '../../fleet/rows.ts';
import {serveFleet} from '../../fleet/runner.ts';
import {undecidedUnits, unitsOutsideWindows} from '../../fleet/status.ts';
import {hasTables} from '../../fleet/tables.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {withFleetDatabase} from './fleet-orders.ts';

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
    return await withFleetDatabase(app, async (database) => {
      // A command of a runbook must not inherit its password.
      delete process.env['DATABASE_URL'];
      const where = database.isOwn
        ? `the PostgreSQL of ${app.state.path}, for this machine alone`
        : 'the PostgreSQL that DATABASE_URL names';
      app.say(`Running up to ${atOnce} units at once, from ${where}. Ctrl-C stops it.`);
      const fleets = (await hasTables(database)) ? await fleetsIn(database.pool) : [];
      if (fleets.length === 0) {
        app.say('No wave of any fleet was started there yet.');
      }
      await serveFleet({host: app, database, atOnce, untilIdle, signals, say: app.say});
      return untilIdle
        ? end(app, await undecidedUnits(database), await unitsOutsideWindows(database))
        : end(app, [], []);
    });
  } finally {
    signals.dispose();
  }
}

/** Units that wait for a person are told by the exit code, too: nobody may be at a terminal. */
function end(
  app: App,
  undecided: Awaited<ReturnType<typeof undecidedUnits>>,
  outsideWindow: readonly string[],
): ExitCode {
  const names = undecided.map(({unit}) => unit);
  const next = app.paste('fleet status');
  if (app.json) {
    printDocument(app, 'fleet-runner', {
      ...{stopped: true, undecided: names, outsideWindow, next: [next]},
    });
  } else {
    if (outsideWindow.length > 0) {
      app.say(
        `Waiting for their windows: ${outsideWindow.join(', ')}. They begin only while a runner is running.`,
      );
    }
    if (names.length > 0) {
      app.say(`A person must decide about ${names.join(', ')}: ${next}`);
    }
  }
  return names.length === 0
    ? exitCodes.done
    : undecided.some(({isHalfWay}) => isHalfWay)
      ? exitCodes.halfWay
      : exitCodes.blocked;
}
