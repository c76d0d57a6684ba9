import type {Finding} from '../model/preflight.ts';
import type {Channels} from '../notify/notifier.ts';
import type {PreflightReport} from '../report/index.ts';
import {statesOf} from './notify.ts';

type Checked = PreflightReport['targets'][number];

/** Each channel to people as preflight lists it. Nothing is sent. */
export async function checkChannels(
  channels: Channels,
  signal: AbortSignal,
): Promise<readonly Checked[]> {
  const states = await statesOf(channels, (channel) => channel.check(signal));
  return states.map(({name, kind = 'closed', because}) => ({
    name: `notify ${name}`,
    kind,
    findings: because === undefined ? [] : [unreachable(name, because)],
    checksMade: 1,
  }));
}

const unreachable = (name: string, because: string): Finding => ({
  check: 'channel-unreachable',
  severity: 'warns',
  target: `notify ${name}`,
  observed: `the channel ${name} cannot be used: ${because}`,
  items: [],
  consequence: 'Nobody is told there what happens; the run goes on all the same.',
  fix: `Correct it in the inventory, and try it: switcharoo notify -i INVENTORY --test --channel ${name}`,
});
