import {z} from 'zod';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {PerHost} from '../target.ts';
import {unitName} from '../units/blocked-units.ts';
import type {DoorState} from './proxy.ts';

/** Which front door is meant, and how it is asked about itself. */
export const doorInput = z.object({
  /** The file of the front door that says to whom requests are passed on. */
  file: z.string().regex(/^\/[\w./-]+$/),
  unit: unitName,
  /** What says whether the door could read its files, such as `nginx -t`. */
  test: z.array(z.string().min(1)).min(1),
});

/** Why the door of a host could not be led elsewhere; a state that nobody asked for is no obstacle. */
export function whyNotReady(
  found: PerHost<DoorState>,
  wanted: z.output<typeof doorInput>,
): Blocked | null {
  for (const {host, value} of found) {
    const {loadState, activeState, inPlace, complaint} = value;
    if (loadState === 'not-found' || (activeState !== null && activeState !== 'active')) {
      return blocked(
        `${wanted.unit} on ${host} is ${loadState === 'not-found' ? 'not there' : activeState}, so nobody passes requests on.`,
        `Start it, or correct its name: systemctl status ${wanted.unit} on ${host}.`,
      );
    }
    if (inPlace === null) {
      return blocked(
        `${wanted.file} is not on ${host}.`,
        'Name the file in which the front door has the servers behind it.',
      );
    }
    if (complaint !== null) {
      return blocked(
        `The front door of ${host} could not be reloaded as it is: ${wanted.test.join(' ')} says that ${complaint}.`,
        `Mend its files on ${host} first.`,
      );
    }
  }
  return null;
}
