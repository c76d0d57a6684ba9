import {defineCommand, flag, mandatory, optional, parsed} from '../command.ts';
import {port, wholeNumber} from '../options.ts';

const fleet = optional({
  placeholder: 'fleet',
  description: 'Fleet, if PostgreSQL has several',
});

const startCommand = defineCommand({
  name: 'start',
  arguments: '<wave>',
  summary: 'Start a wave of a fleet',
  description:
    'Write down the units of a wave in PostgreSQL, all of them or none. Runners begin with them once the wave is approved. All units of earlier waves must be done or left out. The second time it changes nothing.\n\nPostgreSQL is the one that DATABASE_URL names; without it, one of the state folder for this machine alone.',
  options: {
    file: optional({placeholder: 'file', description: 'File of the fleet (default: waves.ts)'}),
  },
  prints: ['fleet-order'],
  examples: ['fleet start pilot'],
  run: async ({app, args: [wave = ''], options}) => {
    const {startFleetWave} = await import('../actions/fleet-orders.ts');
    return startFleetWave(app, wave, options.file ?? 'waves.ts');
  },
});

const approveCommand = defineCommand({
  name: 'approve',
  arguments: '<wave>',
  summary: 'Approve a started wave, as your role in PostgreSQL',
  description:
    'Approve a wave that was started. Who approves is the role with which PostgreSQL let you in, and never the one that started the wave.',
  options: {fleet},
  prints: ['fleet-order'],
  examples: ['fleet approve shops'],
  run: async ({app, args: [wave = ''], options}) => {
    const {approveFleetWave} = await import('../actions/fleet-orders.ts');
    return approveFleetWave(app, wave, options);
  },
});

const holdCommand = defineCommand({
  name: 'hold',
  summary: 'Let no unit and no outage of a fleet begin',
  description:
    'When this command has ended, no unit begins anywhere, and no outage. Runs before their outage pause there. What is in an outage is brought to its end.',
  options: {fleet, because: optional({placeholder: 'reason', description: 'Why, for the others'})},
  prints: ['fleet-order'],
  examples: ["fleet hold --because 'the network is slow'"],
  run: async ({app, options}) => {
    const {holdWholeFleet} = await import('../actions/fleet-orders.ts');
    return holdWholeFleet(app, options);
  },
});

const releaseCommand = defineCommand({
  name: 'release',
  summary: 'Let a fleet go on that was held',
  options: {fleet},
  prints: ['fleet-order'],
  examples: ['fleet release'],
  run: async ({app, options}) => {
    const {releaseWholeFleet} = await import('../actions/fleet-orders.ts');
    return releaseWholeFleet(app, options);
  },
});

const resumeCommand = defineCommand({
  name: 'resume',
  arguments: '<unit>',
  summary: 'Let a unit go on that failed or waits for a person',
  description:
    'Let a unit go on that failed, was left out, or waits for a person. Its runner resumes its run, in an outage too; after a reversal it begins a new run. Your name is kept.',
  options: {fleet},
  prints: ['fleet-order'],
  examples: ['fleet resume stock'],
  run: async ({app, args: [unit = ''], options}) => {
    const {resumeFleetUnit} = await import('../actions/fleet-orders.ts');
    return resumeFleetUnit(app, unit, options);
  },
});

const leaveOutCommand = defineCommand({
  name: 'leave-out',
  arguments: '<unit>',
  summary: 'Leave a unit out of its wave',
  description:
    'Leave a unit out that does not run and has no changes in place. Its wave, and later waves, no longer wait for it; a unit that names it in "after" still does.',
  options: {
    fleet,
    because: mandatory({placeholder: 'reason', description: 'Why, for the report'}),
  },
  prints: ['fleet-order'],
  examples: ["fleet leave-out stock --because 'moves in May'"],
  run: async ({app, args: [unit = ''], options}) => {
    const {leaveOutUnit} = await import('../actions/fleet-orders.ts');
    return leaveOutUnit(app, unit, options);
  },
});

const statusCommand = defineCommand({
  name: 'status',
  summary: 'Show the waves and units of a fleet, and what waits for whom',
  options: {fleet},
  prints: ['fleet-status'],
  examples: ['fleet status'],
  run: async ({app, options}) => {
    const {showFleetStatus} = await import('../actions/fleet-orders.ts');
    return showFleetStatus(app, options);
  },
});

const reportCommand = defineCommand({
  name: 'report',
  summary: 'Report what became of each unit, and who ordered or approved what',
  description:
    'Report what became of each unit of a fleet, and who ordered or approved what: the role that PostgreSQL let in, and the user and host of the command. Outages and durations come from the journals in the state folder here.',
  options: {fleet},
  prints: ['fleet-report'],
  examples: ['fleet report', 'fleet report --fleet to-aws --json'],
  run: async ({app, options}) => {
    const {showFleetReport} = await import('../actions/fleet-report.ts');
    return showFleetReport(app, options.fleet);
  },
});

const initCommand = defineCommand({
  name: 'init',
  summary: 'Make the tables of fleets in PostgreSQL',
  description:
    'Make the tables of fleets in PostgreSQL, or bring them up to date. Where every role may make tables, it is not needed: the first command that needs them makes them.',
  prints: ['fleet-init'],
  examples: ['fleet init'],
  run: async ({app}) => {
    const {makeFleetTables} = await import('../actions/fleet-report.ts');
    return makeFleetTables(app);
  },
});

const permissionsCommand = defineCommand({
  name: 'permissions',
  summary: 'Print what each role of a fleet needs in PostgreSQL',
  description:
    'Print the SQL that gives runners, operators, approvers and readers of a fleet what they need in PostgreSQL, and no more. Contacts no system.',
  prints: ['fleet-permissions'],
  examples: ['fleet permissions'],
  run: async ({app}) => {
    const {showFleetGrants} = await import('../actions/fleet-report.ts');
    return showFleetGrants(app);
  },
});

const liveCommand = defineCommand({
  name: 'live',
  summary: 'Serve a page on which many people can follow a fleet',
  description:
    'Serve a page that follows a fleet, about a second behind: what is in an outage, what waits for whom, and each wave as a grid of its units. The page is read-only. It is served to this machine only; --host serves it to others.',
  options: {
    fleet,
    port,
    host: optional({
      placeholder: 'address',
      description:
        'Address of this machine to serve the page at, such as 0.0.0.0 (without it: 127.0.0.1)',
    }),
  },
  prints: ['fleet-live'],
  examples: ['fleet live', 'fleet live --port 8080 --host 0.0.0.0'],
  run: async ({app, options}) => {
    const {showLiveFleet} = await import('../actions/fleet-live.ts');
    const {host = '127.0.0.1', port: given = 0} = options;
    return showLiveFleet(app, {fleet: options.fleet, host, port: given});
  },
});

const runnerCommand = defineCommand({
  name: 'runner',
  summary: 'Take units of a fleet and run them',
  description:
    'Take units from PostgreSQL and run them, on any number of hosts. The journals stay in the state folder here. A run goes on when PostgreSQL is gone, and its end is reported when it is back. After a crash, the next runner with the same state folder goes on, except in an outage: that waits for a person.\n\nThe first Ctrl-C lets nothing begin and waits for what is in an outage; the second one stops the runs at the next safe place.',
  options: {
    atOnce: parsed(wholeNumber, {
      placeholder: 'number',
      description: 'Number of units that it runs at once (default: 4)',
    }),
    untilIdle: flag({description: 'Stop when nothing is under way and nothing may begin'}),
  },
  prints: ['fleet-runner'],
  examples: ['fleet runner', 'fleet runner --at-once 8'],
  run: async ({app, options}) => {
    const {runFleetUnits} = await import('../actions/fleet-runner.ts');
    return runFleetUnits(app, {...options, atOnce: options.atOnce ?? 4});
  },
});

/** What PostgreSQL is needed for. */
export const fleetEngineCommands = [
  startCommand,
  approveCommand,
  runnerCommand,
  statusCommand,
  liveCommand,
  reportCommand,
  holdCommand,
  releaseCommand,
  resumeCommand,
  leaveOutCommand,
  initCommand,
  permissionsCommand,
];
