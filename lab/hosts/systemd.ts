import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Processes} from '../processes.ts';
import {type CommandReply, failed, type HostCommand, notSupported, succeeded} from './command.ts';
import {readDropIns} from './drop-ins.ts';
import type {ProcessInfo} from './process-group.ts';
import {type LabTimer, type LabUnit, Service, Timer, type Unit} from './units.ts';

interface SystemdOptions {
  readonly host: string;
  readonly root: string;
  readonly processes: Processes;
  readonly units: readonly LabUnit[];
  readonly timers: readonly LabTimer[];
}

/** A host's systemd: real processes, drop-ins that count from `daemon-reload` on, and `systemctl` in front of them. */
export class Systemd {
  readonly #folder: string;
  readonly #units = new Map<string, Unit>();

  constructor({host, root, processes, units, timers}: SystemdOptions) {
    this.#folder = join(root, 'etc/systemd/system');
    mkdirSync(this.#folder, {recursive: true});
    for (const unit of units) {
      this.#add(new Service(unit, {name: host, root, processes}), serviceFile(unit, 'simple'));
    }
    for (const timer of timers) {
      const service = new Service(
        {...timer.starts, enabled: false},
        {name: host, root, processes},
        timer.name,
      );
      this.#add(service, serviceFile(timer.starts, 'oneshot'));
      this.#add(new Timer(timer, service), timerFile(timer));
    }
    this.#reload();
  }

  /** Starts the enabled units, as at boot. */
  async startEnabled(): Promise<void> {
    await Promise.all(
      [...this.#units.values()].filter(({enabled}) => enabled).map((unit) => unit.start()),
    );
  }

  /** Stops all units, as at shutdown. Timers first: they start services. */
  async stopAll(): Promise<void> {
    const units = [...this.#units.values()];
    await Promise.all(units.filter((unit) => unit instanceof Timer).map((unit) => unit.stop()));
    await Promise.all(units.map((unit) => unit.stop()));
  }

  unit(name: string): Unit | undefined {
    return this.#units.get(name);
  }

  /** All processes of units, with the unit that each belongs to. */
  processes(): readonly (ProcessInfo & {readonly unit: string})[] {
    return [...this.#units.values()].flatMap((unit) =>
      unit.members().map((each) => ({...each, unit: unit.name})),
    );
  }

  async systemctl(command: HostCommand): Promise<CommandReply> {
    const options = command.args.filter(
      (argument) => argument.startsWith('-') && argument !== '--',
    );
    const [verb = '', ...names] = command.args.filter((argument, index) =>
      isWord(argument, command.args[index - 1]),
    );
    switch (verb) {
      case 'daemon-reload':
        this.#reload();
        return succeeded();
      case 'start':
        return this.#onEach(names, 'start', 'not found', (unit) => unit.start());
      case 'stop':
        return this.#onEach(names, 'stop', 'not loaded', (unit) => unit.stop());
      case 'restart':
        return this.#onEach(names, 'restart', 'not found', async (unit) => {
          await unit.stop();
          await unit.start();
        });
      case 'reload':
        return this.#reloadUnits(names);
      case 'kill':
        return this.#onEach(names, 'kill', 'not loaded', async (unit) =>
          signalAll(unit, options.includes('--signal=SIGKILL') ? 'SIGKILL' : 'SIGTERM'),
        );
      case 'show':
        return succeeded(
          names.map((name) => this.#shown(name, propertiesAsked(command.args))).join('\n'),
        );
      case 'is-active':
        return this.#isActive(names);
      case 'is-enabled':
        return this.#isEnabled(names);
      case 'list-timers':
        return succeeded(this.#timerList(!options.includes('--no-legend')));
      default:
        return notSupported(command);
    }
  }

  #add(unit: Unit, text: string): void {
    this.#units.set(unit.name, unit);
    writeFileSync(join(this.#folder, unit.name), text);
  }

  #reload(): void {
    for (const unit of this.#units.values()) {
      unit.dropIns = readDropIns(this.#folder, unit.name);
    }
  }

  async #onEach(
    names: readonly string[],
    verb: string,
    missing: string,
    act: (unit: Unit) => Promise<void>,
  ): Promise<CommandReply> {
    const unknown = names.find((name) => !this.#units.has(name));
    if (unknown !== undefined) {
      return failed(`Failed to ${verb} ${unknown}: Unit ${unknown} ${missing}.`, 5);
    }
    await Promise.all(names.flatMap((name) => this.#units.get(name) ?? []).map(act));
    return succeeded();
  }

  /** The units of the lab that can be reloaded do it on SIGHUP, and `systemctl` does not wait for the result. */
  #reloadUnits(names: readonly string[]): CommandReply | Promise<CommandReply> {
    const idle = names.find((name) => this.#units.get(name)?.activeState() === 'inactive');
    return idle === undefined
      ? this.#onEach(names, 'reload', 'not found', async (unit) => signalAll(unit, 'SIGHUP'))
      : failed(`${idle} is not active, cannot reload.`);
  }

  #shown(name: string, asked: readonly string[]): string {
    const known = this.#properties(name);
    const names = asked.length === 0 ? Object.keys(known) : asked;
    // A property that a unit does not have is left out, as systemctl leaves it out.
    return names.flatMap((key) => (key in known ? [`${key}=${known[key]}\n`] : [])).join('');
  }

  #properties(name: string): Readonly<Record<string, string>> {
    const unit = this.#units.get(name);
    if (unit === undefined) {
      return {
        Id: name,
        LoadState: 'not-found',
        ActiveState: 'inactive',
        SubState: 'dead',
        UnitFileState: '',
        DropInPaths: '',
        TriggeredBy: '',
        NeedDaemonReload: 'no',
      };
    }
    const onDisk = readDropIns(this.#folder, name);
    return {
      Id: name,
      LoadState: 'loaded',
      ActiveState: unit.activeState(),
      UnitFileState: unitFileState(unit),
      FragmentPath: join(this.#folder, name),
      DropInPaths: unit.dropIns.paths.join(' '),
      NeedDaemonReload: onDisk.paths.join() === unit.dropIns.paths.join() ? 'no' : 'yes',
      ...unit.properties(),
    };
  }

  #isActive(names: readonly string[]): CommandReply {
    const states = names.map((name) => this.#units.get(name)?.activeState() ?? 'inactive');
    return succeeded(`${states.join('\n')}\n`, states.includes('active') ? 0 : 3);
  }

  #isEnabled(names: readonly string[]): CommandReply {
    const unknown = names.find((name) => !existsSync(join(this.#folder, name)));
    if (unknown !== undefined) {
      return failed(`Failed to get unit file state for ${unknown}: No such file or directory`);
    }
    const states = names.flatMap((name) => this.#units.get(name) ?? []).map(unitFileState);
    return succeeded(`${states.join('\n')}\n`, states.includes('disabled') ? 1 : 0);
  }

  #timerList(legend: boolean): string {
    const timers = [...this.#units.values()].filter((unit) => unit instanceof Timer);
    const lines = timers.map(({name, times: {next, last, starts}}) =>
      [
        moment(next),
        left(next),
        moment(last),
        last === null ? 'n/a' : `${seconds(Date.now() - last)} ago`,
        name,
        starts,
      ].join(' '),
    );
    const header = 'NEXT LEFT LAST PASSED UNIT ACTIVATES';
    return `${(legend ? [header, ...lines, '', `${timers.length} timers listed.`] : lines).join('\n')}\n`;
  }
}

function signalAll(unit: Unit, signal: NodeJS.Signals): void {
  for (const pid of unit.pids()) {
    process.kill(pid, signal);
  }
}

// `-p A,B` has its value in the next word, as `-n` and `-s` have.
function isWord(argument: string, previous: string | undefined): boolean {
  return !argument.startsWith('-') && previous !== '-p' && previous !== '-n' && previous !== '-s';
}

function propertiesAsked(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) => {
    if (argument === '-p' || argument === '--property') {
      return args[index + 1]?.split(',') ?? [];
    }
    return argument.startsWith('--property=')
      ? argument.slice('--property='.length).split(',')
      : [];
  });
}

// A oneshot service that a timer starts has no [Install] section: systemd calls it static.
const unitFileState = (unit: Unit) =>
  unit.properties()['Type'] === 'oneshot' ? 'static' : unit.enabled ? 'enabled' : 'disabled';

function serviceFile({name, command, restart = 'no'}: LabUnit, type: string): string {
  const install = type === 'simple' ? '\n[Install]\nWantedBy=multi-user.target\n' : '';
  return `[Unit]\nDescription=${name} of the lab\n\n[Service]\nType=${type}\nExecStart=${command.join(' ')}\nRestart=${restart}\n${install}`;
}

function timerFile({name, starts, everyMs, persistent}: LabTimer): string {
  return `[Unit]\nDescription=${name} of the lab\n\n[Timer]\nOnUnitActiveSec=${everyMs}ms\nPersistent=${persistent ? 'true' : 'false'}\nUnit=${starts.name}\n\n[Install]\nWantedBy=timers.target\n`;
}

const seconds = (ms: number) => `${Math.max(0, Math.round(ms / 1_000))}s`;
const left = (next: number | null) =>
  next === null ? 'n/a' : `${seconds(next - Date.now())} left`;
const moment = (at: number | null) =>
  at === null
    ? 'n/a'
    : new Date(at)
        .toUTCString()
        .replace(/^(\w+), (\d+) (\w+) (\d+) (.*) GMT$/, '$1 $4-$3-$2 $5 UTC');
