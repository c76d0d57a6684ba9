import {z} from 'zod';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {ProxyState} from '../contract.ts';
import type {PerHost} from '../group/per-host.ts';
import {unitName} from '../units/state.ts';

/** A reverse proxy, and how it is tested. */
export const proxyInput = z.object({
  /** The file in which the reverse proxy has the servers behind it. */
  file: z.string().regex(/^\/[\w./-]+$/),
  unit: unitName,
  /** The command that tests whether the proxy can read its files, such as `nginx -t`. */
  test: z.array(z.string().min(1)).min(1),
});

/** The file of a reverse proxy on each host. */
export const hostFiles = z.object({
  hosts: z.array(
    z.object({host: z.string(), sha256: z.string(), mode: z.string(), owner: z.string()}),
  ),
});

/** Why a reverse proxy could not be switched to another side; a state that was not read is no obstacle. */
export function proxyObstacle(
  proxies: PerHost<ProxyState>,
  {file, unit, test}: z.output<typeof proxyInput>,
): Blocked | null {
  for (const {host, value} of proxies) {
    const {loadState, activeState, inPlace, complaint} = value;
    if (loadState === 'not-found' || (activeState !== null && activeState !== 'active')) {
      return blocked(
        `${unit} on ${host} is ${loadState === 'not-found' ? 'not there' : activeState}, so no requests are passed on.`,
        `Start it, or correct its name in the runbook. On ${host}: systemctl status ${unit}`,
      );
    }
    if (inPlace === null) {
      return blocked(
        `${file} is not on ${host}.`,
        'Name the file in which the reverse proxy has the servers behind it.',
      );
    }
    if (complaint !== null) {
      return blocked(
        `The reverse proxy of ${host} cannot be reloaded with its present files: ${test.join(' ')} ended with ${complaint}.`,
        `Fix its files on ${host}, then try it there: ${test.join(' ')}`,
      );
    }
  }
  return null;
}
