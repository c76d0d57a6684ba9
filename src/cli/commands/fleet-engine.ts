import {
  defineCommand,
  flag,
  InvalidValue,
  mandatory,
  type OptionSpec,
  optional,
  parsed,
} from '../command.ts';
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
    'Write the units of a wave to PostgreSQL, all of them or none. Runners begin them once the wave is approved. All units of earlier waves must be done or left out. Starting a wave again changes nothing.\n\nDATABASE_URL names the PostgreSQL. Without it, the state folder has one of its own, for this machine alone.',
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
    'Approve a wave that has been started. You approve as the role with which PostgreSQL let you in. The role that started the wave cannot approve it.\n\nWithout DATABASE_URL, the PostgreSQL of the state folder cannot tell who you are. To try an approval there, name the approver with --as.',
  options: {
    fleet,
    as: optional({
      placeholder: 'role',
      description: 'Approve as this role, for a trial without DATABASE_URL',
    }),
    digest: optional({
      placeholder: 'digest',
      description:
        'The digest that fleet plan prints for the files you have read: a wave with another digest is not approved',
    }),
  },
  prints: ['fleet-order'],
  examples: ['fleet approve shops --digest 4f1c22aa90b1d3e7', 'fleet approve shops --as kim'],
  run: async ({app, args: [wave = ''], options}) => {
    const {approveFleetWave} = await import('../actions/fleet-orders.ts');
    return approveFleetWave(app, wave, options);
  },
});

const holdCommand = defineCommand({
  name: 'hold',
  summary: 'Hold a fleet: no unit and no outage begins',
  description:
    'When this command has ended, no unit and no outage begins anywhere. Runs before their outage pause there. Runs in an outage continue to their end.',
  options: {
    fleet,
    because: optional({placeholder: 'reason', description: 'Why, for the other operators'}),
  },
  prints: ['fleet-order'],
  examples: ["fleet hold --because 'the network is slow'"],
  run: async ({app, options}) => {
    const {holdWholeFleet} = await import('../actions/fleet-orders.ts');
    return holdWholeFleet(app, options);
  },
});

const releaseCommand = defineCommand({
  name: 'release',
  summary: 'Release a fleet that is held',
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
  summary: 'Continue a unit that failed or waits for a person',
  description:
    'Continue a unit that failed, was left out, or waits for a person. Its runner resumes its run, even in an outage. After a reversal, it begins a new run. A unit whose run is already done counts as done. A unit that waits for its window is tried at once. The report keeps your name.',
  options: {fleet},
  prints: ['fleet-order'],
  examples: ['fleet resume stock'],
  run: async ({app, args: [unit = ''], options}) => {
    const {resumeFleetUnit} = await import('../actions/fleet-orders.ts');
    return resumeFleetUnit(app, unit, options);
  },
});

const takeOverCommand = defineCommand({
  name: 'take-over',
  arguments: '<unit>',
  summary: 'Take a unit over from a host that is lost',
  description:
    'Take over a unit whose journal is in the state folder of a lost host. Run this on a host that reaches the systems of the unit, with the state folder of a runner there.\n\nIf the inventory of the unit names a store, the run is taken over from there, as with "take-over RUN": the command shows its state, and you confirm by typing its name. If the run is not in the store, it never began, and any host may begin it. Without a store, check the systems, then use --journal-lost.',
  options: {
    fleet,
    now: flag({
      description:
        'Do not wait for an action in flight on the other host: you are sure that there is none',
    }),
    journalLost: optional({
      placeholder: 'reason',
      description:
        'Declare that the journal is lost and that nothing of the run is in place. The report shows the reason',
    }),
    name: optional({
      placeholder: 'run',
      description: 'Confirm with the name of the run, instead of typing it',
    }),
  },
  prints: ['fleet-order'],
  examples: ['fleet take-over stock'],
  run: async ({app, args: [unit = ''], options}) => {
    const {takeOverUnit} = await import('../actions/fleet-take-over.ts');
    return takeOverUnit(app, unit, options);
  },
});

const leaveOutCommand = defineCommand({
  name: 'leave-out',
  arguments: '<unit>',
  summary: 'Leave a unit out of its wave',
  description:
    'Leave out a unit that is not running and has no changes in place. Its wave, and later waves, no longer wait for it; a unit that names it in "after" still does.',
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
    'Make the tables of fleets in PostgreSQL, or bring them up to date. Where every role may make tables, you do not need this command: the first command that needs the tables makes them.',
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

const network: OptionSpec<readonly string[]> = {
  placeholder: 'name',
  description: 'Take only units of this network (repeatable). Without it: units without a network',
  fallback: [],
  parse: (text, previous = []) => {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(text)) {
      throw new InvalidValue(
        'Give the name of one network: lower-case letters, digits and hyphens.',
      );
    }
    return [...previous, text];
  },
};

const runnerCommand = defineCommand({
  name: 'runner',
  summary: 'Take units of a fleet and run them',
  description:
    'Take units from PostgreSQL and run them, on any number of hosts. The journals stay in the state folder here. Runs continue while PostgreSQL is down, and the runner reports their end when it is back. After a crash, the next runner with the same state folder continues the runs. A run in an outage waits for a person.\n\nAfter the first Ctrl-C, nothing begins, and the runner waits for runs in an outage. The second Ctrl-C stops the runs at the next safe point.',
  options: {
    atOnce: parsed(wholeNumber, {
      placeholder: 'number',
      description: 'Number of units to run at once (default: 4)',
    }),
    network,
    untilIdle: flag({
      description:
        'Stop when nothing is under way and nothing may begin, also while units wait for their windows or for a runner of their network: it names them. The exit code is 3, or 5 half-way, when a person must decide',
    }),
  },
  prints: ['fleet-runner'],
  examples: ['fleet runner', 'fleet runner --at-once 8 --network dmz'],
  run: async ({app, options}) => {
    const {runFleetUnits} = await import('../actions/fleet-runner.ts');
    const {atOnce = 4, network: networks, untilIdle} = options;
    return runFleetUnits(app, {atOnce, networks, untilIdle});
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
  takeOverCommand,
  leaveOutCommand,
  initCommand,
  permissionsCommand,
];
