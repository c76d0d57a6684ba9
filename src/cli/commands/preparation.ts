import {
  type CommandFamily,
  type CommandSpec,
  defineCommand,
  flag,
  optional,
  optionalValue,
} from '../command.ts';
import {duration, inventory, namedStore, param, plannedStore, time} from '../options.ts';
import {usageError} from '../usage.ts';

const preflightCommand = defineCommand({
  name: 'preflight',
  summary: 'Run every preflight check of the targets in an inventory',
  description:
    'Run every preflight check of the targets in an inventory, and report what would block a cutover. Changes nothing, unless --load-schema is given.\n\nRun it days before the cutover. With --load-schema, it also loads the definitions of the source, without rows, into an empty server, reports each that the server refuses, and removes them again.',
  options: {
    inventory,
    loadSchema: optionalValue('', {
      placeholder: 'target',
      description:
        'Load every definition into this empty target as a test; without a name, into the Aurora cluster',
    }),
    every: duration('Check again so often, until Ctrl-C, and print only what changed'),
    until: time('With --every, end at this time (HH:MM here, or a time with its zone)'),
  },
  prints: ['preflight', 'preflight-busy', 'preflight-change'],
  examples: [
    'preflight -i staging',
    'preflight -i production --every 30m --until 03:00',
    'preflight -i production --load-schema empty',
  ],
  run: async ({app, options: {inventory: inventoryFile, loadSchema, every, until}}) => {
    refuseTogether({loadSchema, every, until});
    const {repeatPreflight, runPreflight} = await import('../actions/preflight.ts');
    return every === undefined
      ? runPreflight(app, inventoryFile, loadSchema)
      : repeatPreflight(app, {inventoryFile, everyMs: every, until});
  },
});

/** What would be left out without a word. */
function refuseTogether(given: {
  readonly loadSchema: string | undefined;
  readonly every: number | undefined;
  readonly until: Date | undefined;
}): void {
  if (given.until !== undefined && given.every === undefined) {
    throw usageError(
      '--until says when repeated checks end, and without --every they are not repeated.',
      'Add --every, such as --every 30m, or leave out --until.',
    );
  }
  if (given.loadSchema !== undefined && given.every !== undefined) {
    throw usageError(
      '--load-schema changes its target, and --every only looks: they cannot be combined.',
      'Run preflight once with --load-schema, then again with --every.',
    );
  }
}

/** Of commands that read a runbook and contact no system. */
const reading = {
  inventory: optional({
    short: 'i',
    placeholder: 'inventory',
    description: 'Take the parameters of this inventory',
  }),
  param,
};

const verifyCommand = defineCommand({
  name: 'verify',
  arguments: '<runbook>',
  summary: 'Explore every failure and every choice of a runbook (contacts no system)',
  description:
    'Explore every failure of a runbook (before and after each change, a lost answer, a dead process) and every choice of the operator. Show the shortest path to an unsafe state: two writable sides, lost writes, traffic to a side that refuses writes or that no gate has tried, copies in use that no gate has compared, a domain that does not resolve, an outage without a limit, no lossless reversal.\n\nContacts no system: an inventory only gives the parameters. Exit code 3: there is a counterexample.',
  options: reading,
  prints: ['verification'],
  examples: ['verify bare-metal-to-ecs', 'verify ./runbooks/ours.ts -i production'],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showVerification} = await import('../actions/verify.ts');
    return showVerification(app, {
      runbook,
      inventory: options.inventory,
      params: options.param,
    });
  },
});

const documentCommand = defineCommand({
  name: 'document',
  arguments: '<runbook>',
  summary: 'Print a runbook as a page of Markdown (contacts no system)',
  description:
    'Print a runbook as a page of Markdown, for those who read and approve it: its phases, what each entry does and how it is reversed, the questions, the outage, the limits, and what may never be skipped.\n\nContacts no system. With an inventory, the page also shows the details of each question.',
  options: reading,
  prints: ['markdown'],
  examples: ['document bare-metal-to-ecs', 'document ./runbooks/ours.ts -i production'],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showDocument} = await import('../actions/document.ts');
    return showDocument(app, {
      runbook,
      inventory: options.inventory,
      params: options.param,
    });
  },
});

const sheetCommand = defineCommand({
  name: 'sheet',
  arguments: '<runbook>',
  summary: 'Print a change sheet for those who approve it (contacts no system)',
  description:
    'Print a change as a sheet of at most two pages for those who approve it: how to reverse it, until when, and how long that takes; when it happens; how long it takes, from earlier runs; what changes; who approves; the rehearsals; the open findings of the last preflight with their age; and the digest of the last plan.\n\nContacts no system: it uses what plan, preflight and rehearse have left in the state folder. With --html, it writes a page that prints on two sheets of paper.',
  options: {
    inventory,
    param,
    store: plannedStore,
    html: optional({placeholder: 'file', description: 'Write the sheet as an HTML page'}),
  },
  prints: ['markdown'],
  examples: [
    'sheet bare-metal-to-ecs -i production',
    'sheet bare-metal-to-ecs -i production --html change.html',
  ],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showSheet} = await import('../actions/sheet.ts');
    const {inventory: name, param: params, store: place, html: file} = options;
    return showSheet(app, {runbook, inventory: name, params, store: place, html: file});
  },
});

const permissionsCommand = defineCommand({
  name: 'permissions',
  arguments: '<runbook>',
  summary: 'Print the grants each account needs, and which are missing',
  description:
    'Print the grants that each account of an inventory needs for a runbook, as policies and statements to paste, and which are missing.',
  options: {inventory, param, store: plannedStore},
  prints: ['permissions'],
  examples: [
    'permissions bare-metal-to-ecs -i staging',
    'permissions bare-metal-to-ecs -i staging --store s3://our-cutovers/shop',
  ],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showPermissions} = await import('../actions/permissions.ts');
    return showPermissions(app, {
      runbook,
      inventory: options.inventory,
      params: options.param,
      store: options.store,
    });
  },
});

const stepsCommand = defineCommand({
  name: 'steps',
  arguments: '[step]',
  summary: 'List the steps and gates, or describe one',
  description:
    'List the steps and gates of the library, those that the files in steps/ export, and those of the packages named switcharoo-… With a name, describe it: its targets, input, output, permissions and reversal.',
  prints: ['steps'],
  examples: ['steps', 'steps mysql.freeze-writes'],
  run: async ({app, args: [name]}) => {
    const {showSteps} = await import('../actions/steps.ts');
    return showSteps(app, name);
  },
});

const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Check this machine: versions, ssh, credentials, clock, state folder',
  prints: ['doctor'],
  examples: ['doctor'],
  run: async ({app}) => {
    const {examine} = await import('../actions/doctor.ts');
    return examine(app);
  },
});

const notifyCommand = defineCommand({
  name: 'notify',
  summary: 'Check the channels on which runs tell people, or send a test notice',
  description:
    'Reach every channel of an inventory on which runs tell people what happens: its name, its certificate, and the login of a mail server. Sends nothing, unless --test is given.\n\nExit code 3: a channel is of no use.',
  options: {
    inventory,
    test: flag({description: 'Send one test notice to each channel'}),
    channel: optional({placeholder: 'name', description: 'Only this channel'}),
  },
  prints: ['channels'],
  examples: ['notify -i production', 'notify -i production --test --channel ops'],
  run: async ({app, options}) => {
    const {tryNotify} = await import('../actions/notify.ts');
    return tryNotify(app, options);
  },
});

const storedInventory = optional({
  short: 'i',
  placeholder: 'inventory',
  description: 'Inventory that names the store',
});

const storeCheckCommand = defineCommand({
  name: 'check',
  summary: 'Check that the store of an inventory can keep shared journals',
  description:
    'Check that the store of the inventory does what a shared journal relies on. Two writers race for the same keys, the command tries to replace and to delete an object, and writes are timed. Small objects are written under check/. They stay there where deletion is denied. One always stays: plan times a write with it.\n\nExit code 3: no run can use the store.',
  options: {inventory: storedInventory, store: namedStore},
  prints: ['store-check'],
  examples: ['store check -i production', 'store check --store s3://our-cutovers/shop'],
  run: async ({app, options}) => {
    const {checkStoreOf} = await import('../actions/store.ts');
    return checkStoreOf(app, options);
  },
});

const storeInitCommand = defineCommand({
  name: 'init',
  summary: 'Print the commands and policies that create the store (changes nothing)',
  description:
    "Print the AWS commands that create the bucket of the inventory's store, and the policies of the bucket, of operators and of readers. Contacts no system, and creates nothing.",
  options: {inventory: storedInventory, store: namedStore},
  prints: ['store-init'],
  examples: ['store init -i production', 'store init --store s3://our-cutovers/shop'],
  run: async ({app, options}) => {
    const {showStoreSetup} = await import('../actions/store.ts');
    return showStoreSetup(app, options);
  },
});

const storeFamily: CommandFamily = {
  name: 'store',
  summary: 'Check the store of shared journals, or print how to create it',
  commands: [storeCheckCommand, storeInitCommand],
};

export const preparationCommands: readonly (CommandSpec | CommandFamily)[] = [
  preflightCommand,
  notifyCommand,
  verifyCommand,
  documentCommand,
  sheetCommand,
  permissionsCommand,
  stepsCommand,
  doctorCommand,
  storeFamily,
];
