import {approvalUnproven} from '../../fleet/approval-problems.ts';
import {approveWave, missingApprovals} from '../../fleet/approvals.ts';
import {type FleetDatabase, withDatabase} from '../../fleet/database.ts';
import {heardNetworks, runnerCommand} from '../../fleet/networks.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit, startWave} from '../../fleet/orders.ts';
import {mustDownloadPostgres} from '../../fleet/postgres-programs.ts';
import type {WaveRow} from '../../fleet/rows.ts';
import type {StartedUnit} from '../../fleet/started-units.ts';
import {fleetNamed, fleetStatus} from '../../fleet/status.ts';
import {makeTables} from '../../fleet/tables.ts';
import {unprovenUnits, waveToStart} from '../../fleet/wave-file.ts';
import {hintText, shellWord} from '../../model/hint.ts';
import {SwitcharooError} from '../../model/problem.ts';
import {isByHand, mayBeResumed} from '../../model/unit-status.ts';
import {fleetStatusText, momentUtc, silenceHint, silenceText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import type {DocumentOf} from '../documents/index.ts';
import {printDocument} from '../print-document.ts';

interface Named {
  readonly fleet: string | undefined;
}

export const operatorOf = ({operator}: App): string => `${operator.user}@${operator.host}`;

/** Opens the PostgreSQL of the fleet, and closes it in any case. */
export function inDatabase(
  app: App,
  work: (database: FleetDatabase) => Promise<ExitCode>,
): Promise<ExitCode> {
  app.waiting('Connecting to PostgreSQL');
  return withFleetDatabase(app, work);
}

/** The same for a command that shows by itself what it waits for. */
export function withFleetDatabase<Result>(
  app: App,
  work: (database: FleetDatabase) => Promise<Result>,
): Promise<Result> {
  if (!process.env['DATABASE_URL'] && mustDownloadPostgres()) {
    app.say('PostgreSQL is not installed here. Downloading its programs from npm, once…');
  }
  return withDatabase(app.state.path, work);
}

type Order = Omit<DocumentOf<'fleet-order'>, 'next'>;

export function printOrder(
  app: App,
  order: Order,
  lines: readonly string[],
  next: readonly string[],
): void {
  const commands = next.map((command) => app.paste(command));
  if (app.json) {
    printDocument(app, 'fleet-order', {...order, next: commands});
    return;
  }
  lines.forEach(app.say);
  for (const command of commands) {
    app.say(`Next: ${command}`);
  }
}

/** Writes down the units of a wave: runners begin with them as soon as the wave is approved. */
export function startFleetWave(app: App, wave: string, file: string): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const read = await waveToStart(app, file, wave);
    const {protectedUnits} = read;
    if (database.isOwn && read.fleet.waves[wave]?.approve && protectedUnits.length > 0) {
      throw new SwitcharooError(approvalUnproven(wave, protectedUnits));
    }
    await makeTables(database);
    const started = await startWave(database, {...read, operator: operatorOf(app)});
    const missing = missingApprovals(started.wave);
    const {name: fleet} = read.fleet;
    const count = read.units.length === 1 ? 'one unit' : `${read.units.length} units`;
    printOrder(
      app,
      {order: 'started', fleet, wave, unit: null, isNew: started.isNew, missing},
      [
        started.isNew
          ? `${wave} of ${fleet} was started, with ${count}.`
          : `${wave} of ${fleet} was already started. Nothing was changed.`,
        ...(missing > 0
          ? [
              `It waits for ${missing} of ${started.wave.approveOf} approvals by ${started.wave.approveBy.join(', ')}.`,
            ]
          : []),
      ],
      [
        ...(missing > 0 ? [approveCommand(database, started.wave)] : []),
        ...(missing > 0 ? [] : await runnersMissing(database, read.units)),
        'fleet status',
      ],
    );
    return exitCodes.done;
  });
}

/** The commands that start runners for units that no runner is heard for. */
async function runnersMissing(
  database: FleetDatabase,
  units: readonly StartedUnit[],
): Promise<readonly string[]> {
  const heard = await heardNetworks(database);
  const networks = new Set(units.map(({work}) => work.network ?? null));
  return [...networks].filter((network) => !heard.has(network)).map(runnerCommand);
}

const approveCommand = ({isOwn}: FleetDatabase, {wave, approveBy}: WaveRow): string =>
  `fleet approve ${wave}${isOwn ? ` --as ${shellWord(approveBy[0] ?? '')}` : ''}`;

export function approveFleetWave(
  app: App,
  wave: string,
  {
    fleet: name,
    as,
    digest,
  }: Named & {readonly as?: string | undefined; readonly digest?: string | undefined},
): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, name);
    const operator = operatorOf(app);
    if (as !== undefined && database.isOwn) {
      await refuseUnproven(app, database, {fleet, wave});
    }
    const {
      isNew,
      role,
      wave: row,
    } = await approveWave(database, {
      ...{fleet, wave, operator, as, digest},
    });
    const missing = missingApprovals(row);
    printOrder(
      app,
      {order: 'approved', fleet, wave, unit: null, isNew, missing},
      [
        isNew ? `You approved ${wave} as ${role}.` : `You had already approved ${wave} as ${role}.`,
        `Its digest is ${row.digest}.`,
        missing > 0
          ? `It still needs ${missing} of ${row.approveOf} approvals.`
          : 'It has all of its approvals.',
        ...(as === undefined
          ? []
          : [
              'This approval is for a trial: anybody who uses this state folder can approve as somebody else.',
            ]),
      ],
      ['fleet status'],
    );
    return exitCodes.done;
  });
}

/** An approval with --as proves nothing about who approves. */
async function refuseUnproven(
  app: App,
  database: FleetDatabase,
  about: {readonly fleet: string; readonly wave: string},
): Promise<void> {
  const units = await unprovenUnits(database, app, about);
  if (units.length > 0) {
    const which = 'whose inventory is protected, missing here, or changed since the wave started';
    throw new SwitcharooError(approvalUnproven(about.wave, units, which));
  }
}

export function holdWholeFleet(
  app: App,
  {fleet: name, because}: Named & {readonly because: string | undefined},
): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, name);
    const {isNew, earlier} = await holdFleet(database, {fleet, operator: operatorOf(app), because});
    const {waves} = await fleetStatus(database, fleet);
    const inOutage = waves.flatMap(({units}) => units).filter((unit) => unit.inOutage);
    const running = inOutage.filter(({status, silent}) => status === 'running' && !silent);
    const byHand = inOutage.filter(isByHand);
    const others = inOutage.filter((unit) => unit.status !== 'running' && !isByHand(unit));
    printOrder(
      app,
      {order: 'held', fleet, wave: null, unit: null, isNew, missing: 0},
      [
        earlier
          ? `${fleet} was already held by ${earlier.by} since ${momentUtc(earlier.at)}${earlier.because ? `: ${earlier.because}` : ''}. No unit and no outage begins anywhere.`
          : `${fleet} is held: no unit and no outage begins anywhere.`,
        ...namesAfter('In an outage, and continuing to the end', running),
        ...namesAfter('In an outage, and continued by hand', byHand),
        ...namesAfter('In an outage, and waiting for a decision', others),
        ...inOutage.flatMap(({unit, silent}) =>
          silent
            ? [
                `In an outage, and not continuing: ${unit}. ${silenceText(silent)} ${hintText(silenceHint(unit, silent), app.paste)}`,
              ]
            : [],
        ),
        ...(inOutage.length === 0 ? ['No unit is in an outage.'] : []),
      ],
      ['fleet status', 'fleet release'],
    );
    return exitCodes.done;
  });
}

const namesAfter = (text: string, units: readonly {readonly unit: string}[]): readonly string[] =>
  units.length > 0 ? [`${text}: ${units.map(({unit}) => unit).join(', ')}.`] : [];

export function releaseWholeFleet(app: App, {fleet: name}: Named): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, name);
    const {isNew} = await releaseFleet(database, {fleet, operator: operatorOf(app)});
    printOrder(
      app,
      {order: 'released', fleet, wave: null, unit: null, isNew, missing: 0},
      [isNew ? `${fleet} is released.` : `${fleet} was not held.`],
      ['fleet status'],
    );
    return exitCodes.done;
  });
}

export function resumeFleetUnit(app: App, unit: string, {fleet: name}: Named): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, name);
    await resumeUnit(database, {fleet, unit, operator: operatorOf(app)});
    printOrder(
      app,
      {order: 'resumed', fleet, wave: null, unit, isNew: true, missing: 0},
      [`${unit} may continue. "fleet status" shows what it still waits for.`],
      ['fleet status'],
    );
    return exitCodes.done;
  });
}

export function leaveOutUnit(
  app: App,
  unit: string,
  {fleet: name, because}: Named & {readonly because: string},
): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, name);
    const after = await leaveOut(database, {fleet, unit, operator: operatorOf(app), because});
    printOrder(
      app,
      {order: 'left-out', fleet, wave: null, unit, isNew: true, missing: 0, after},
      [
        `${unit} is left out: its wave no longer waits for it.`,
        ...(after.length === 0
          ? []
          : [
              `These units come after ${unit} and do not begin: ${after.join(', ')}. Leave them out too. You can then put them into a later wave, without ${unit} in their "after".`,
            ]),
      ],
      [...after.map((other) => `fleet leave-out ${other} --because REASON`), 'fleet status'],
    );
    return exitCodes.done;
  });
}

export function showFleetStatus(app: App, {fleet: name}: Named): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const status = await fleetStatus(database, await fleetNamed(database, name));
    const undecided = status.waves
      .flatMap(({units}) => units)
      .filter(mayBeResumed)
      .map(({unit}) => app.paste(`fleet resume ${unit}`));
    if (app.json) {
      printDocument(app, 'fleet-status', {...status, next: undecided});
    } else {
      app.print(fleetStatusText(status, app));
    }
    return exitCodes.done;
  });
}
