import {z} from 'zod';
import {blocked, defineStep, done, pending, remarked, waiting} from '../../src/index.ts';
import type {HostProcess, HostsLook, UnitState} from './contract.ts';
import {onEveryHost, type PerHost} from './group/per-host.ts';
import {startedAgain, watchSeconds} from './processes/other-supervisor.ts';
import {processText} from './processes/processes.ts';
import {hostGroup} from './target.ts';
import {startActions, stopActions} from './units/actions.ts';
import {unitObstacle, unitRemarks} from './units/obstacles.ts';
import {
  beforeOf,
  changingUnits,
  differencesOf,
  isPresent,
  readUnits,
  unitBefore,
  unitName,
} from './units/state.ts';

const input = z.object({units: z.array(unitName).min(1), watchSeconds});

/**
 * Stops the units of the old side. A drop-in prevents every start: by systemd, a person or configuration management.
 */
export const stopWebServers = defineStep({
  name: 'hosts.stop-web-servers',
  summary: 'Stop the web servers, and prevent them from starting again.',
  targets: {hosts: hostGroup},
  input,
  before: z.object({hosts: z.array(z.object({host: z.string(), value: z.array(unitBefore)}))}),
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (systemctl stop, start and daemon-reload; files in /etc/systemd/system)',
    ],
  },
  reverses: 'Removes the drop-ins of this run, and starts the units that were active.',
  effects: [{fact: 'application', of: 'hosts', is: 'stopped'}],
  timeoutMs: 900_000,
  neverSkip: 'Without it, the old side keeps answering visitors.',

  async check(look) {
    const names = look.input.units;
    const units = await readUnits(look, names);
    const obstacle = unitObstacle(units, names, look.targets.hosts.name);
    const changing = changingUnits(units);
    if (obstacle !== null || changing.length > 0) {
      return obstacle ?? waiting(changing.join('; '));
    }
    const differences = differencesOf(units);
    if (differences.length > 0) {
      const before = units.map(({host, value}) => ({
        host,
        value: value.filter(isPresent).map(beforeOf),
      }));
      return remarked(pending({hosts: before}, ...differences), unitRemarks(units));
    }
    if (!look.run.started) {
      return blocked(
        `${names.join(', ')} on ${look.targets.hosts.name} is already stopped by this entry, but the journal has no record of it.`,
        {
          text: 'Find the run that stopped it, whose journal has the units that were active, with',
          command: 'runs',
        },
      );
    }
    const processes = await readProcesses(look);
    const orphans = orphansOf(units, processes);
    return orphans.length > 0
      ? waiting(`still running: ${orphans.join('; ')}`)
      : ((await startedAgain(look, processes)) ?? done({}));
  },

  async plan(look) {
    return stopActions(await readUnits(look, look.input.units), look);
  },

  async reverse(look, before) {
    return startActions(await readUnits(look, look.input.units), before.hosts, look);
  },
});

function readProcesses({
  targets: {hosts},
  signal,
}: HostsLook): Promise<PerHost<readonly HostProcess[]>> {
  return onEveryHost(hosts.hosts, (host) => host.processes(signal));
}

/** A unit with KillMode=process or none may be inactive and leave its children running (systemd.kill(5)). */
function orphansOf(
  units: PerHost<readonly UnitState[]>,
  processes: PerHost<readonly HostProcess[]>,
): readonly string[] {
  return processes.flatMap(({host, value}) => {
    const ids = units.find((each) => each.host === host)?.value.map(({id}) => id) ?? [];
    return value
      .filter(({unit}) => ids.some((id) => id === unit || isInstanceOf(id, unit)))
      .map((process) => `${processText(process)} of ${process.unit} on ${host}`);
  });
}

/** A socket with Accept=yes has an instance of a service for each connection, which a stop of the socket leaves. */
const isInstanceOf = (socket: string, unit: string): boolean =>
  socket.endsWith('.socket') &&
  unit.endsWith('.service') &&
  unit.startsWith(`${socket.slice(0, -'.socket'.length)}@`);
