import {defineCommand, flag, InvalidValue, mandatory, optional, parsed} from '../command.ts';
import {html, port as optionalPort, ownedInventory} from '../options.ts';
import {refuseBeside} from '../usage.ts';
import {teamCommands} from './team.ts';

const shared = optional({
  placeholder: 'store',
  description:
    'Show the runs that hosts share in the store of this inventory, or in s3://bucket/prefix',
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
    shared,
  },
  prints: ['status', 'claims'],
  examples: [
    'status',
    'status --offline',
    'status --watch',
    'status -i production',
    'status --watch --shared s3://our-cutovers/shop',
  ],
  run: async ({app, args: [run], options}) => {
    if (options.inventory !== undefined) {
      refuseBeside(
        '-i',
        {
          'a run': run !== undefined,
          '--shared': options.shared !== undefined,
          '--watch': options.watch,
          '--offline': options.offline,
        },
        'With -i alone, status asks the systems of an inventory which run owns them. To show a run, leave out -i; the store of an inventory is named with --shared.',
      );
      const {showClaims} = await import('../actions/claims.ts');
      return showClaims(app, options.inventory);
    }
    const {withSharedRuns} = await import('../actions/shared.ts');
    return withSharedRuns(app, options.shared, async (shown) => {
      if (options.watch) {
        const {watchStatus} = await import('../actions/status-watch.ts');
        return watchStatus(shown, run);
      }
      const {showStatus} = await import('../actions/status.ts');
      return showStatus(shown, run, options.offline || options.shared !== undefined);
    });
  },
});

const watchCommand = defineCommand({
  name: 'watch',
  arguments: '[run]',
  summary: 'Show the state of a run, refreshed every second (the same as status --watch)',
  description:
    'Show the state of a run, refreshed every second until Ctrl-C. It is the same as status --watch, and contacts no target.\n\nWithout a run, the newest run is shown, and the next one as soon as it starts.',
  options: {shared},
  prints: ['status'],
  examples: ['watch', 'watch --shared s3://our-cutovers/shop'],
  run: async ({app, args: [run], options}) => {
    const {withSharedRuns} = await import('../actions/shared.ts');
    const {watchStatus} = await import('../actions/status-watch.ts');
    return withSharedRuns(app, options.shared, (shown) => watchStatus(shown, run));
  },
});

const runsCommand = defineCommand({
  name: 'runs',
  summary: 'List runs',
  description: 'List the runs in the state folder, newest last.',
  options: {shared},
  prints: ['runs'],
  examples: ['runs', 'runs --shared production'],
  run: async ({app, options}) => {
    const {listRuns} = await import('../actions/runs.ts');
    const {withSharedRuns} = await import('../actions/shared.ts');
    return withSharedRuns(app, options.shared, listRuns);
  },
});

const logCommand = defineCommand({
  name: 'log',
  arguments: '[run]',
  summary: 'Print the journal of a run',
  description:
    'Print the journal of a run, one line for each entry.\n\nWithout a run, the newest run is printed.',
  options: {
    verify: flag({
      description:
        "Verify the journal's chain of hashes instead; with --shared also that nothing was changed in the store",
    }),
    follow: flag({
      description: 'Print new entries as they are written, until the run is over or Ctrl-C',
    }),
    shared,
  },
  prints: ['journal-entry', 'log-verified'],
  examples: ['log', 'log --verify', 'log --follow'],
  run: async ({app, args: [run], options}) => {
    if (options.verify) {
      refuseBeside(
        '--verify',
        {'--follow': options.follow},
        'Follow the run first, then verify its journal.',
      );
    }
    const {withSharedRuns} = await import('../actions/shared.ts');
    return withSharedRuns(app, options.shared, async (shown) => {
      if (options.follow) {
        const {followLog} = await import('../actions/log-follow.ts');
        return followLog(shown, run);
      }
      const {printLog, verifyLog} = await import('../actions/log.ts');
      return options.verify ? verifyLog(shown, run) : printLog(shown, run);
    });
  },
});

const reportCommand = defineCommand({
  name: 'report',
  arguments: '[run]',
  summary: 'Print the timeline, durations and outage of a run',
  description:
    'Print the timeline of a run, its durations beside those of the last comparable run, and the outage.\n\nWithout a run, the newest run is reported.',
  options: {
    html,
    compare: parsed(comparedWith, {
      placeholder: 'runs',
      description:
        'Compare it with other runs of its runbook: how many of the latest ones (5), or their names, separated by commas',
    }),
    shared,
  },
  prints: ['report'],
  examples: ['report', 'report --html cutover.html', 'report --compare 5'],
  run: async ({app, args: [run], options}) => {
    const {printReport} = await import('../actions/report.ts');
    const {withSharedRuns} = await import('../actions/shared.ts');
    return withSharedRuns(app, options.shared, (shown) => printReport(shown, run, options));
  },
});

function comparedWith(text: string): number | readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('') || names[0] === '0') {
    throw new InvalidValue('Give a number of runs, or names of runs separated by commas.');
  }
  return /^\d{1,3}$/.test(text) ? Number(text) : names;
}

const replayCommand = defineCommand({
  name: 'replay',
  arguments: '[run]',
  summary: 'Show a run as it was at an earlier moment',
  description:
    'Show the state of a run, its changes in place, and the keys and commands that were possible, as they were at an earlier moment. Only the journal is read.\n\nWithout a run, the newest run is shown.',
  options: {
    at: mandatory({
      placeholder: 'moment',
      description: 'A time (UTC) like 03:12:07, or the number of an entry like #41',
    }),
    shared,
  },
  prints: ['replay'],
  examples: ['replay --at 03:12:07', "replay 20260301-031205-4f2a --at '#41'"],
  run: async ({app, args: [run], options}) => {
    const {replayRun} = await import('../actions/replay.ts');
    const {withSharedRuns} = await import('../actions/shared.ts');
    return withSharedRuns(app, options.shared, async (shown) => replayRun(shown, run, options.at));
  },
});

const liveCommand = defineCommand({
  name: 'live',
  arguments: '[run]',
  summary: 'Serve a page on which many people can follow a run',
  description:
    'Serve a page that follows a run, less than a second behind: its outage, its entries, its questions, and how it can be reversed. The page is read-only. It reads only the journal and contacts no target.\n\nWithout a run, the page shows the newest run, and the next one as soon as it starts. It is served to this machine only; --host serves it to others.',
  options: {
    port: optionalPort,
    host: optional({
      placeholder: 'address',
      description:
        'Address of this machine to serve the page at, such as 0.0.0.0 (without it: 127.0.0.1)',
    }),
    to: optional({
      placeholder: 'folder',
      description:
        'Write the page and its state to this folder for a web server, instead of serving them',
    }),
    toStore: optional({
      placeholder: 'store',
      description:
        'Write the page and its state beside the shared journals, to the store of this inventory or to s3://bucket/prefix, instead of serving them',
    }),
    shared,
  },
  prints: ['live'],
  examples: [
    'live',
    'live --port 8080 --host 0.0.0.0',
    'live --shared s3://our-cutovers/shop',
    'live --shared production --to /srv/www/cutover',
    'live --to-store production',
  ],
  run: async ({app, args: [run], options}) => {
    const {showLive} = await import('../actions/live.ts');
    const {withSharedRuns} = await import('../actions/shared.ts');
    const {host = '127.0.0.1', port = 0, to, toStore} = options;
    if (to !== undefined) {
      refuseBeside(
        '--to',
        {'--host': options.host !== undefined, '--port': options.port !== undefined},
        'With --to, the page is written to a folder, and your own web server serves it.',
      );
    }
    if (toStore !== undefined) {
      refuseBeside(
        '--to-store',
        {
          '--to': to !== undefined,
          '--host': options.host !== undefined,
          '--port': options.port !== undefined,
        },
        'With --to-store, the page is written to the store of the journals, and nothing is served.',
      );
    }
    const place = {host, port, to, toStore};
    return withSharedRuns(app, options.shared, (shown) => showLive(shown, run, place));
  },
});

export const runsCommands = [
  statusCommand,
  watchCommand,
  runsCommand,
  logCommand,
  reportCommand,
  liveCommand,
  replayCommand,
  ...teamCommands,
];
