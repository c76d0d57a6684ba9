import {setTimeout as sleep} from 'node:timers/promises';
import type {FleetDatabase} from '../../fleet/database.ts';
import {postgresProblem} from '../../fleet/postgres-problems.ts';
import {fleetNamed, fleetStatus} from '../../fleet/status.ts';
import {messageOf} from '../../model/thrown.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';
import {FleetFeed} from '../live/fleet-feed.ts';
import {serveLive} from '../live/server.ts';
import {printDocument} from '../print-document.ts';
import {withFleetDatabase} from './fleet-orders.ts';

interface Place {
  readonly host: string;
  readonly port: number;
  readonly fleet: string | undefined;
}

/** With the half second after which a page asks again, it is about a second behind. */
const everyMs = 500;

/** Shows a fleet to others until Ctrl-C. It only reads. */
export async function showLiveFleet(app: App, {fleet, ...place}: Place): Promise<ExitCode> {
  const {signal, dispose} = interruption();
  const show = async (database: FleetDatabase): Promise<void> => {
    const name = await fleetNamed(database, fleet);
    const feed = new FleetFeed(await fleetStatus(database, name), await timeOf(database));
    const server = await serveLive(feed, place);
    tell(app, server.url, name);
    while (!signal.aborted) {
      await sleep(everyMs, undefined, {signal}).catch(() => undefined);
      await look(feed, database, name);
    }
    await server.close();
  };
  try {
    await withFleetDatabase(app, show);
  } finally {
    dispose();
  }
  return exitCodes.done;
}

async function look(feed: FleetFeed, database: FleetDatabase, name: string): Promise<void> {
  try {
    feed.look(await fleetStatus(database, name), await timeOf(database));
  } catch (error) {
    const {message} = postgresProblem(error, database.place) ?? {message: `${messageOf(error)}.`};
    feed.lookInVain(`PostgreSQL cannot be read. ${message}`);
    await database.revive().catch(() => undefined);
  }
}

async function timeOf({pool}: FleetDatabase): Promise<Date> {
  const {rows} = await pool.query<{at: Date}>('SELECT clock_timestamp() AS at');
  const [row] = rows;
  if (!row) {
    throw new TypeError('PostgreSQL gave no time.');
  }
  return row.at;
}

function tell(app: App, url: string, fleet: string): void {
  if (app.json) {
    printDocument(app, 'fleet-live', {url, fleet, next: []});
    return;
  }
  app.print(`The live page of the fleet ${fleet}: ${url}\nThe page is read-only. Ctrl-C stops it.`);
}
