import {fleetsIn} from '../../fleet/rows.ts';
import {serveFleet} from '../../fleet/runner.ts';
import {undecidedUnits, unitsThatWait} from '../../fleet/status.ts';
import {hasTables} from '../../fleet/tables.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {withFleetDatabase} from './fleet-orders.ts';

/** Takes units and runs them, until it is told to stop. */
export async function runFleetUnits(
  app: App,
  {
    atOnce,
    networks,
    untilIdle,
  }: {
    readonly atOnce: number;
    readonly networks: readonly string[];
    readonly untilIdle: boolean;
  },
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
      const whose = networks.length === 0 ? 'units' : `units of ${networks.join(', ')}`;
      app.say(`Running up to ${atOnce} ${whose} at once, from ${where}. Ctrl-C stops it.`);
      const fleets = (await hasTables(database)) ? await fleetsIn(database.pool) : [];
      if (fleets.length === 0) {
        app.say('No wave of any fleet was started there yet.');
      }
      await serveFleet({host: app, database, atOnce, networks, untilIdle, signals, say: app.say});
      return untilIdle
        ? end(app, await undecidedUnits(database), {
            outsideWindow: await unitsThatWait(database, 'window'),
            outsideNetwork: await unitsThatWait(database, 'network'),
          })
        : end(app, [], {outsideWindow: [], outsideNetwork: []});
    });
  } finally {
    signals.dispose();
  }
}

/** Units that wait for a person are told by the exit code, too: nobody may be at a terminal. */
function end(
  app: App,
  undecided: Awaited<ReturnType<typeof undecidedUnits>>,
  waiting: {readonly outsideWindow: readonly string[]; readonly outsideNetwork: readonly string[]},
): ExitCode {
  const {outsideWindow, outsideNetwork} = waiting;
  const names = undecided.map(({unit}) => unit);
  const next = app.paste('fleet status');
  if (app.json) {
    printDocument(app, 'fleet-runner', {
      ...{stopped: true, undecided: names, ...waiting, next: [next]},
    });
  } else {
    if (outsideWindow.length > 0) {
      app.say(
        `Waiting for their windows: ${outsideWindow.join(', ')}. They begin only while a runner is running.`,
      );
    }
    if (outsideNetwork.length > 0) {
      app.say(`Waiting for a runner of their network: ${outsideNetwork.join(', ')}: ${next}`);
    }
    if (names.length > 0) {
      app.say(`A person must decide about ${names.join(', ')}: ${next}`);
    }
    if (names.length + outsideWindow.length + outsideNetwork.length === 0) {
      app.say(`Next: ${next}`);
    }
  }
  return names.length === 0
    ? exitCodes.done
    : undecided.some(({isHalfWay}) => isHalfWay)
      ? exitCodes.halfWay
      : exitCodes.blocked;
}
