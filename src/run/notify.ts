import {randomUUID} from 'node:crypto';
import {withholdSecrets} from '../inventory/environment.ts';
import {loadInventory} from '../inventory/inventory.ts';
import {Redactor} from '../journal/redactor.ts';
import type {Notice} from '../model/notice.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Channel} from '../notify/channel.ts';
import {textOf} from '../notify/notices.ts';
import type {Channels} from '../notify/notifier.ts';
import {openChannels} from '../notify/open-channels.ts';
import type {Host} from './host.ts';
import {MachineClock} from './machine-clock.ts';

interface NotifyRequest {
  readonly inventoryFile: string;
  /** One channel; without it, all. */
  readonly channel?: string | undefined;
  /** Sends a test notice to each, instead of only reaching it. */
  readonly test: boolean;
}

/** What became of a channel. `because`: why it is of no use. */
export interface ChannelState {
  readonly name: string;
  /** Of a channel that can be opened. */
  readonly kind?: string;
  readonly because?: string;
}

/** Reaches each channel of an inventory, or sends a test notice to it. */
export async function tryChannels(
  host: Host,
  {inventoryFile, channel, test}: NotifyRequest,
  signal: AbortSignal,
): Promise<readonly ChannelState[]> {
  const {state} = host;
  const inventory = loadInventory(inventoryFile, state.path);
  const {name, file, notify} = inventory;
  if (notify.length === 0) {
    throw new SwitcharooError(noChannels(name, file));
  }
  if (channel !== undefined && !notify.some((each) => each.name === channel)) {
    throw new SwitcharooError(
      unknownChannel(
        channel,
        file,
        notify.map((each) => each.name),
      ),
    );
  }
  const redactor = new Redactor();
  const environment = withholdSecrets(inventory, process.env);
  const opening = {redactor, environment, stateFolder: state.path, signal};
  const chosen = notify.filter((each) => channel === undefined || each.name === channel);
  const channels = await openChannels({...opening, inventory: {...inventory, notify: chosen}});
  const notice = testNotice(host, {name, isProtected: inventory.protected});
  return redactor.value(
    await statesOf(channels, (open) => (test ? open.send(notice, signal) : open.check(signal))),
  );
}

/** The channels one below the other, those that cannot be opened last. */
export async function statesOf(
  {open, closed}: Channels,
  work: (channel: Channel) => Promise<void>,
): Promise<readonly ChannelState[]> {
  const states = open.map(async (channel): Promise<ChannelState> => {
    const {name, kind} = channel;
    try {
      await work(channel);
      return {name, kind};
    } catch (error) {
      return {name, kind, because: error instanceof Error ? error.message : String(error)};
    }
  });
  return [...(await Promise.all(states)), ...closed];
}

function testNotice(
  {operator: {user, host}}: Pick<Host, 'operator'>,
  {name, isProtected}: {readonly name: string; readonly isProtected: boolean},
): Notice {
  const who = `${user}@${host}`;
  const parts = {
    summary: `Test by ${who}: notices about runs on ${name} will arrive here.`,
    details: ['Nothing has happened, and you do not have to do anything.'],
    command: `switcharoo notify -i ${name} (on ${host})`,
  };
  return {
    version: 1,
    id: `test/${randomUUID()}`,
    event: 'test',
    atUtc: new MachineClock().now().toISOString(),
    ...{run: 'none', runbook: 'none', inventory: name, protected: isProtected, rehearsal: false},
    operator: who,
    ...parts,
    text: textOf(parts),
  };
}

const noChannels = (inventory: string, file: string): Problem => ({
  code: 'channels-missing',
  message: `The inventory ${inventory} has no notification channels, so its runs notify nobody.`,
  hint: {
    text: `Add channels under "notify" in ${file}. This shows each kind`,
    command: 'docs telling-people',
  },
});

const unknownChannel = (channel: string, file: string, known: readonly string[]): Problem => ({
  code: 'unknown-channel',
  message: `${file} has no channel ${channel}.`,
  hint: `Its channels are ${known.join(', ')}.`,
});
