import {defineCommand, flag, optional} from '../command.ts';
import {html} from '../options.ts';

const ownedInventory = optional({
  short: 'i',
  placeholder: 'inventory',
  description: 'Inventory whose systems may be claimed by a run of another state folder',
});

const statusCommand = defineCommand({
  name: 'status',
  arguments: '[run]',
  summary: 'Show the state of a run, its changes in place, and what to do next',
  description:
    'Show the state of a run, its changes in place, who works on it, what to do next, and whether a reversal would lose data now.\n\nWithout a run, the newest run is shown. With -i, show which run owns each target of an inventory.',
  options: {
    offline: flag({description: 'Read only the journal, and contact no target'}),
    watch: flag({
      description: 'Refresh every second until Ctrl-C (reads only the journal)',
    }),
    inventory: ownedInventory,
  },
  prints: ['status', 'claims'],
  examples: ['status', 'status --offline', 'status --watch', 'status -i production'],
  run: async ({app, args: [run], options}) => {
    if (options.inventory !== undefined) {
      const {showClaims} = await import('../actions/claims.ts');
      return showClaims(app, options.inventory);
    }
    if (options.watch) {
      const {watchStatus} = await import('../actions/status-watch.ts');
      return watchStatus(app, run);
    }
    const {showStatus} = await import('../actions/status.ts');
    return showStatus(app, run, options.offline);
  },
});

const runsCommand = defineCommand({
  name: 'runs',
  summary: 'List runs',
  description: 'List the runs in the state folder, newest last.',
  prints: ['runs'],
  examples: ['runs'],
  run: async ({app}) => {
    const {listRuns} = await import('../actions/runs.ts');
    return listRuns(app);
  },
});

const logCommand = defineCommand({
  name: 'log',
  arguments: '[run]',
  summary: 'Print the journal of a run',
  description:
    'Print the journal of a run, one line for each entry.\n\nWithout a run, the newest run is printed.',
  options: {
    verify: flag({description: "Verify the journal's chain of hashes instead"}),
    follow: flag({
      description: 'Print new entries as they are written, until the run is over or Ctrl-C',
    }),
  },
  prints: ['journal-entry', 'log-verified'],
  examples: ['log', 'log --verify', 'log --follow'],
  run: async ({app, args: [run], options}) => {
    if (options.follow && !options.verify) {
      const {followLog} = await import('../actions/log-follow.ts');
      return followLog(app, run);
    }
    const {printLog, verifyLog} = await import('../actions/log.ts');
    return options.verify ? verifyLog(app, run) : printLog(app, run);
  },
});

const reportCommand = defineCommand({
  name: 'report',
  arguments: '[run]',
  summary: 'Print the timeline, durations and outage of a run',
  description:
    'Print the timeline of a run, its durations beside those of the last comparable run, and the outage.\n\nWithout a run, the newest run is reported.',
  options: {html},
  prints: ['report'],
  examples: ['report', 'report --html cutover.html'],
  run: async ({app, args: [run], options}) => {
    const {printReport} = await import('../actions/report.ts');
    return printReport(app, run, options.html);
  },
});

const unlockCommand = defineCommand({
  name: 'unlock',
  arguments: '<run>',
  summary: 'Take the lock of a run from another process',
  description:
    'Take over the lock of a run from the process that holds it. You confirm by typing the name of the run. If that process runs on this host, it is ended.\n\nWith -i, take over the claims of a run that was started in another state folder.',
  options: {
    name: optional({
      placeholder: 'run',
      description: 'Confirm with the name of the run, instead of typing it',
    }),
    inventory: ownedInventory,
  },
  prints: ['unlocked'],
  examples: ['unlock 20260301-031205-4f2a', 'unlock 20260301-031205-4f2a -i production'],
  run: async ({app, args: [run = ''], options}) => {
    if (options.inventory !== undefined) {
      const {takeOverClaimsOf} = await import('../actions/claims.ts');
      return takeOverClaimsOf(app, run, options.inventory, options.name);
    }
    const {unlockRun} = await import('../actions/unlock.ts');
    return unlockRun(app, run, options.name);
  },
});

export const runsCommands = [statusCommand, runsCommand, logCommand, reportCommand, unlockCommand];
