import {
  flag,
  InvalidValue,
  list,
  mandatory,
  type OptionSpec,
  oneOf,
  optional,
  parsed,
} from './command.ts';
import {parseDuration} from './parse-duration.ts';
import {parseTime} from './parse-time.ts';

// Options that several commands share.

/** Those of every command. */
export const globalOptions = {
  stateDir: optional({placeholder: 'folder', description: 'Folder of journals and locks'}),
  json: flag({description: 'Print one JSON document, or one event per line while running'}),
};

/** `acceptChanges` is `--accept-changes`. */
export const longName = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const approval = 'Approval';

export const inventory = mandatory({
  short: 'i',
  placeholder: 'inventory',
  description: 'Inventory file, or the name of one in inventories/',
});

export const param = namedValues('name=value', {
  description: 'Parameter of the runbook (repeatable)',
});

export const answers = namedValues('entry=note', {
  description:
    'Say who did by hand what an entry asks for, or said yes, with a note for the journal (repeatable)',
  group: approval,
});

function namedValues(
  placeholder: string,
  words: {readonly description: string; readonly group?: string},
): OptionSpec<Readonly<Record<string, string>>> {
  return {
    ...words,
    placeholder,
    fallback: {},
    parse: (text, previous = {}) => {
      const at = text.indexOf('=');
      if (at < 1 || text.slice(at + 1).trim() === '') {
        throw new InvalidValue(`Give it as ${placeholder}.`);
      }
      return {...previous, [text.slice(0, at)]: text.slice(at + 1)};
    },
  };
}

export const plan = optional({
  placeholder: 'digest',
  description: 'Approve the plan with this digest, and refuse any other',
  group: approval,
});

export const yes = flag({
  description:
    'Approve the plan and every confirmation, except the point of no return outside the lab',
  group: approval,
});

export const yesToPlan = flag({description: 'Approve the plan', group: approval});

export const details = flag({
  description: 'Show every difference and action of the plan, and how each line is known',
});

export const acceptChanges = flag({
  description: 'Continue although the runbook or the inventory changed',
  group: approval,
});

export const besides: OptionSpec<readonly string[]> = {
  placeholder: 'run',
  description:
    'Start beside this run, with a damaged journal or a claim on the inventory: you are sure that the two do not meet (repeatable)',
  fallback: [],
  parse: (text, previous = []) => [...previous, text],
};

export const until = optional({placeholder: 'checkpoint', description: 'Stop at this checkpoint'});

export const onFailure = oneOf(['stop', 'reverse'], {
  placeholder: 'action',
  description: 'Decide beforehand what to do when an entry fails',
});

export const time = (description: string) =>
  parsed(
    (text) => {
      const moment = parseTime(text, new Date());
      if (moment === undefined) {
        throw new InvalidValue('Give it as HH:MM, or as a time like 2026-03-01T04:30:00Z.');
      }
      return moment;
    },
    {placeholder: 'time', description},
  );

/** In ms. */
export const duration = (description: string) =>
  parsed(
    (text) => {
      const ms = parseDuration(text);
      if (ms === undefined) {
        throw new InvalidValue('Give it as 90s, 5m or 1h.');
      }
      return ms;
    },
    {placeholder: 'duration', description},
  );

export const decideBy = time(
  'Pause and offer the reversal if the cutover is not accepted by then (HH:MM here, or a time with its zone)',
);

export const maxOutage = duration(
  'Limit of the outage: past it, reverse to before the outage, or ask if the new side may have writes',
);

const files = 'Moved files';

/** Of a run that began with the file at another path. */
export const movedRunbook = optional({
  placeholder: 'file',
  description: 'Runbook file, if it was moved after the run started',
  group: files,
});

export const movedInventory = optional({
  short: 'i',
  placeholder: 'file',
  description: 'Inventory file, if it was moved after the run started',
  group: files,
});

export const service = mandatory({
  placeholder: 'target',
  description: 'Target of kind ecs-service, by its name in the inventory',
});

export const services = list((name) => name, {
  placeholder: 'targets',
  description: 'Targets of kind ecs-service, by their names in the inventory',
});

export const container = optional({
  placeholder: 'name',
  description: 'Container, if more than one serves a port',
});

export const port = parsed(
  (text) => {
    const number = Number(text);
    if (!/^\d{1,5}$/.test(text) || number > 65_535) {
      throw new InvalidValue('Give a number from 0 to 65535.');
    }
    return number;
  },
  {placeholder: 'number', description: 'Port (without it: a free port)'},
);

export const html = optional({
  placeholder: 'file',
  description: 'Write the report as an HTML page',
});

export const clients = {
  placeholder: 'number',
  description: 'Number of clients that write all the time',
  fallback: 6,
  parse: wholeNumber,
} satisfies OptionSpec<number>;

export const slowProcedures = flag({description: "Imitate the delays of Aurora's procedures"});

export const strategy = oneOf(['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY'], {
  placeholder: 'strategy',
  description:
    "Deployment strategy of the lab's ECS service (ROLLING, BLUE_GREEN, LINEAR or CANARY)",
});

export const rtt = parsed(wholeNumber, {
  placeholder: 'ms',
  description: 'Round-trip time between switcharoo and every target',
});

export function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) {
    throw new InvalidValue('Give a whole number.');
  }
  return Number(text);
}

export const alone = flag({
  description:
    'Continue without the shared journal, if its store cannot be reached: no other host sees what happens',
});

export const outsideWindow = optional({
  placeholder: 'reason',
  description: 'Cut over outside the window of the inventory, and journal this reason',
  group: approval,
});

export const store = optional({
  placeholder: 'store',
  description:
    'Share the journal in this store instead of that of the inventory: s3://bucket/prefix, or a target',
});

/** Of a command that prints what a run with this store needs. */
export const plannedStore = optional({
  placeholder: 'store',
  description:
    'The store of the journal, if not the one in the inventory: s3://bucket/prefix, or a target',
});

/** Of a command that reads or checks it. */
export const namedStore = optional({
  placeholder: 'store',
  description:
    'Store, if the inventory names a different one or none: s3://bucket/prefix, or a target',
});

export const ownedInventory = optional({
  short: 'i',
  placeholder: 'inventory',
  description: 'Inventory whose systems may be claimed by a run of another state folder',
});
