import {parseArgs} from 'node:util';
import {numberIn, numbersIn} from './numbers.ts';

const drill = {type: 'boolean', default: false} as const;
const counted = {type: 'string', takes: 'N'} as const;

/** What `npm run drills --` takes: a line each. */
const options = {
  lab: {...drill, about: 'kill the real program again and again during the cutover in the lab'},
  'two-hosts': {...drill, about: 'lose the first host at --points barriers; the second takes over'},
  races: {...counted, about: 'of two hosts for one run, so many, in the smallest shop'},
  barriers: {
    ...drill,
    about: 'there: kill the first host, or take the store away, at each barrier',
  },
  hold: {...drill, about: 'kill or cut off a run at every journal line from hold to release'},
  freeze: {...counted, about: 'kill or cut off a freeze that ends itself, so often on each server'},
  signals: {...drill, about: 'signals to a run'},
  faults: {...drill, about: 'faults of the lab at entries of a run'},
  secrets: {...drill, about: 'look for passwords in all that a run leaves'},
  mutants: {...drill, about: 'take safeguards out of the sources: a test must turn red'},
  'back-and-forth': {...drill, about: 'move each pair of servers to Aurora and back, six times'},
  schedules: {...counted, about: 'random nights on a simulated machine; with --two-hosts, of two'},
  fleet: {...drill, about: 'a fleet of --units; kill PostgreSQL and the runners at random'},
  'network-cut': {...drill, about: 'of a fleet: cut the cable between a runner and PostgreSQL'},
  holds: {...counted, about: 'of a fleet: hold and release it, so often'},
  starts: {...drill, about: 'of a fleet: kill "fleet start" before and after each message'},
  upgrade: {...drill, about: 'of a fleet: runners of a newer release replace the others'},
  units: {...counted, default: '200', about: 'of a fleet'},
  points: {...counted, default: '20', about: 'for --lab and --two-hosts'},
  only: {type: 'string', takes: 'N,N-N', about: 'of the points, counted from 1: 3,7 or 1-20'},
  seed: {...counted, default: '1', about: 'of all that is random'},
} as const;

const list = Object.entries(options).map(([name, {about, ...option}]) => {
  const word = `--${name}${'takes' in option ? ` ${option.takes}` : ''}`;
  return `  ${word.padEnd(18)} ${about}`;
});
export const drillHelp = `Usage: npm run drills -- DRILL…\n\n${list.join('\n')}\n\nCONTRIBUTING.md describes them.`;

/** The drills that a command line names, or what to print instead. */
export function chosenDrills(args: readonly string[]) {
  try {
    const {values, positionals} = parseArgs({
      args: [...args],
      options: {...options, help: drill},
      allowPositionals: true,
    });
    if (values.help) {
      return {instead: drillHelp, code: 0};
    }
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'string' && name !== 'only') {
        numberIn(name, value);
      }
    }
    numbersIn('only', values.only ?? '1');
    return {values, positionals};
  } catch (error) {
    return {instead: `${sentenceOf(error)}\n\n${drillHelp}`, code: 2};
  }
}

/** The first sentence: what follows advises something that no drill takes. */
function sentenceOf(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException;
  return code?.startsWith('ERR_PARSE_ARGS') ? (message.split('. ')[0] ?? message) : message;
}
