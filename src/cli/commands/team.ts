import {defineCommand, flag, mandatory, optional} from '../command.ts';
import {inventory, namedStore, ownedInventory} from '../options.ts';
import {refuseBeside} from '../usage.ts';

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

const takeOverCommand = defineCommand({
  name: 'take-over',
  arguments: '<run>',
  summary: 'Take a run over from another host',
  description:
    'Take a run over from another host that shares its journal in the store of the inventory. Its state is shown first, and you confirm by typing its name.\n\nFrom then on, the other host can share nothing: its process ends within two seconds of reaching the store, and its database sessions are ended. The command waits for an action that may be in flight there. Then continue with resume or reverse.',
  options: {
    inventory,
    store: namedStore,
    now: flag({
      description:
        'Do not wait for an action in flight on the other host: you are sure that there is none',
    }),
    name: optional({
      placeholder: 'run',
      description: 'Confirm with the name of the run, instead of typing it',
    }),
  },
  prints: ['taken-over'],
  examples: ['take-over 20260301-031205-4f2a -i production'],
  run: async ({app, args: [run = ''], options}) => {
    const {takeOver} = await import('../actions/take-over.ts');
    return takeOver(app, run, options);
  },
});

const handOverCommand = defineCommand({
  name: 'hand-over',
  arguments: '<run>',
  summary: 'Offer a paused run to an operator on another host',
  description:
    'Offer a run to another operator. No process may work on it, and its inventory must name a store. From then on this host does not work on it, and the new operator need not wait.',
  options: {
    to: mandatory({
      placeholder: 'name',
      description: 'Operator who continues it: a user name, or user@host',
    }),
    inventory: optional({
      short: 'i',
      placeholder: 'file',
      description: 'Inventory file, if it was moved after the run started',
    }),
  },
  prints: ['handed-over'],
  examples: ['hand-over 20260301-031205-4f2a --to kim'],
  run: async ({app, args: [run = ''], options}) => {
    const {handOver} = await import('../actions/hand-over.ts');
    return handOver(app, run, options);
  },
});

const approveCommand = defineCommand({
  name: 'approve',
  arguments: '<run> <entry>',
  summary: 'Approve what a run of another operator asks for',
  description:
    'Approve what an entry of a run asks of your group, from your own machine and with your own AWS keys. What you approve is shown first, and you confirm by typing the name of the run.\n\nThe approval counts only for the plan of that run, and for a limited time. Nobody who works on the run can approve it.',
  options: {
    inventory: optional({
      short: 'i',
      placeholder: 'inventory',
      description: 'Inventory that names the store of the run',
    }),
    shared: optional({placeholder: 'store', description: 'Store of the run: s3://bucket/prefix'}),
    withdraw: flag({
      description: 'Withdraw your approval; has no effect once the run has passed the entry',
    }),
    name: optional({
      placeholder: 'run',
      description: 'Confirm with the name of the run, instead of typing it',
    }),
  },
  prints: ['approved'],
  examples: [
    'approve 20260301-031205-4f2a dba-agrees -i production',
    'approve 20260301-031205-4f2a dba-agrees --shared s3://our-cutovers/shop',
  ],
  run: async ({app, args: [run = '', entry = ''], options}) => {
    if (options.inventory !== undefined) {
      refuseBeside(
        '-i',
        {'--shared': options.shared !== undefined},
        'Name one store: that of an inventory with -i, or s3://bucket/prefix with --shared.',
      );
    }
    const {approveRun} = await import('../actions/approve.ts');
    return approveRun(app, {run, entry}, options);
  },
});

/** Who works on a run, and who agrees to it. */
export const teamCommands = [unlockCommand, takeOverCommand, handOverCommand, approveCommand];
