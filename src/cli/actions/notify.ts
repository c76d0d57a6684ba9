import {shellWord} from '../../model/hint.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type ChannelState, tryChannels} from '../../run/notify.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';

interface Tried {
  readonly inventory: string;
  readonly channel: string | undefined;
  readonly test: boolean;
}

/** Reaches every channel of an inventory, or sends a test notice to it, and prints what became of each. */
export async function tryNotify(app: App, {inventory, channel, test}: Tried): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    const request = {inventoryFile: inventory, channel, test};
    const states = await tryChannels(app, request, signals.stopping);
    const isFit = states.every(({because}) => because === undefined);
    if (app.json) {
      const next = isFit && test ? [] : [trialOf(app, inventory, isFit || test)];
      printDocument(app, 'channels', {test, channels: states, next});
    } else {
      app.print(states.map((state) => lineOf(state, test, app)).join('\n'));
    }
    return isFit ? exitCodes.done : exitCodes.blocked;
  } finally {
    signals.dispose();
  }
}

const trialOf = (app: App, inventory: string, test: boolean): string =>
  app.paste(`notify -i ${shellWord(inventory)}${test ? ' --test' : ''}`);

function lineOf({name, kind, because}: ChannelState, test: boolean, {paint}: App): string {
  const title = kind === undefined ? name : `${name} (${kind})`;
  return because === undefined
    ? `${paint.green('✓')} ${title}: ${test ? 'delivered' : 'reached, and nothing was sent'}`
    : `${paint.red('✗')} ${title}: ${because}`;
}
