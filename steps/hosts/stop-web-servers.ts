import {z} from 'zod';
import {blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {type HostProcess, inWords} from './processes/jobs.ts';
import {type HostsLook, hostGroup, onEvery, type PerHost} from './target.ts';
import {
  beforeOf,
  differencesOf,
  findUnits,
  isPresent,
  startActions,
  stopActions,
  unitBefore,
  unitName,
  unsteady,
  whyNot,
} from './units/blocked-units.ts';
import type {UnitState} from './units/systemd.ts';

const input = z.object({units: z.array(unitName).min(1)});

/** Stops the units of the old side. A drop-in keeps each from starting: by systemd itself, a person or configuration management. */
export const stopWebServers = defineStep({
  name: 'hosts.stop-web-servers',
  summary: 'Stop the web servers, and keep them from starting again.',
  targets: {hosts: hostGroup},
  input,
  before: z.object({hosts: z.array(z.object({host: z.string(), value: z.array(unitBefore)}))}),
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (systemctl stop, start and daemon-reload; files in /etc/systemd/system)',
    ],
  },
  reverses: 'Removes exactly the drop-ins of this run, and starts the units that were active.',
  timeoutMs: 180_000,

  async check(look) {
    const {units} = look.input;
    const found = await findUnits(look, units);
    const why = whyNot(found, units, look.targets.hosts.name);
    const moving = unsteady(found);
    if (why !== null || moving.length > 0) {
      return why ?? waiting(moving.join('; '));
    }
    const differences = differencesOf(found);
    if (differences.length > 0) {
      const before = found.map(({host, value}) => ({
        host,
        value: value.filter(isPresent).map(beforeOf),
      }));
      return pending({hosts: before}, ...differences);
    }
    if (!look.run.started) {
      return blocked(
        `${units.join(', ')} on ${look.targets.hosts.name} is already stopped by this entry, although the journal says nothing of it.`,
        'Find out whose journal it is in: switcharoo runs. What was active before is written there.',
      );
    }
    const left = leftovers(await processesOf(look), found);
    return left.length > 0 ? waiting(`still running: ${left.join('; ')}`) : done({});
  },

  async plan(look) {
    return stopActions(await findUnits(look, look.input.units), look);
  },

  async reverse(look, before) {
    return startActions(await findUnits(look, look.input.units), before.hosts, look);
  },
});

function processesOf({
  targets: {hosts},
  signal,
}: HostsLook): Promise<PerHost<readonly HostProcess[]>> {
  return onEvery(hosts.hosts, (host) => host.processes(signal));
}

/** A unit with KillMode=process or none may be inactive and leave its children running (systemd.kill(5)). */
function leftovers(
  processes: PerHost<readonly HostProcess[]>,
  units: PerHost<readonly UnitState[]>,
): readonly string[] {
  return processes.flatMap(({host, value}) => {
    const ids = units.find((each) => each.host === host)?.value.map(({id}) => id) ?? [];
    return value
      .filter(({unit}) => ids.includes(unit))
      .map((process) => `${inWords(process)} of ${process.unit} on ${host}`);
  });
}
