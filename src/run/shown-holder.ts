import {isDead} from '../journal/lock-holder.ts';
import {thisMachine} from '../journal/process-identity.ts';
import type {Progress} from '../model/progress.ts';
import type {HolderName} from '../report/index.ts';
import type {Host} from './host.ts';
import {holderOfRun} from './past-runs.ts';

interface Shown extends Pick<Host, 'state'> {
  /** Its runs are copies of those in a store. */
  readonly shared?: object;
}

/** Who works on a run, as far as this host can tell. */
export function shownHolder(host: Shown, progress: Progress): HolderName | undefined {
  if (host.shared) {
    return sharedHolder(progress);
  }
  const holder = holderOfRun(host, progress);
  if (!holder) {
    return undefined;
  }
  const heard = holder.machine === thisMachine.id ? {} : {lastHeard: progress.lastAt};
  return {...holder, dead: isDead(holder), ...heard};
}

/** Of a run in a store: its journal says who it was, and nothing here says whether that process still works. */
export const sharedHolder = ({operator, outcome, lastAt}: Progress): HolderName | undefined =>
  outcome === 'running' || outcome === 'reversing' ? {...operator, lastHeard: lastAt} : undefined;
