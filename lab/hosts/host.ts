import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {hasOneRequestAConnection, upstreamIn} from '../app/upstream.ts';
import type {Processes} from '../processes.ts';
import {
  type CommandReply,
  failed,
  type HostCommand,
  type HostProgram,
  notSupported,
  succeeded,
} from './command.ts';
import {Cron} from './cron.ts';
import {type FilteredPort, openFilteredPort} from './filtered-port.ts';
import {Firewall} from './firewall.ts';
import type {HoldSpan} from './hold-spans.ts';
import {Holds} from './holds.ts';
import type {ProcessInfo} from './process-group.ts';
import {writeShims} from './shims.ts';
import {type SshFault, startSshServer} from './ssh-server.ts';
import {Systemd} from './systemd.ts';
import type {ActiveState, LabTimer, LabUnit} from './units.ts';

export interface HostOptions {
  /** The lab's folder: the host lives in `<directory>/<name>`. */
  readonly directory: string;
  readonly name: string;
  readonly address: string;
  readonly processes: Processes;
  /** The public key that may log in, as in authorized_keys. */
  readonly authorizedKey: string;
  /** The account for ssh. */
  readonly user?: string;
  readonly units?: readonly LabUnit[];
  readonly timers?: readonly LabTimer[];
  /** By account; an empty text is an account without a crontab. */
  readonly crontabs?: Readonly<Record<string, string>>;
  /** The files of /etc/cron.d, by name. */
  readonly cronFiles?: Readonly<Record<string, string>>;
  /** The length of cron's minute here. */
  readonly cronMinuteMs?: number;
  /** Other files that are there at the start, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The file of its reverse proxy, which `nginx -t` tests. */
  readonly proxyFile?: string;
  /** Ports of servers behind this host's firewall. */
  readonly ports?: readonly LabPort[];
}

interface LabPort {
  /** 0: the system picks one. */
  readonly port: number;
  readonly to: {readonly address: string; readonly port: number};
  /** The unit whose server it is: while that does not run, connections are refused. */
  readonly unit?: string;
}

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly user: string;
  readonly sshPort: number;
  /** Its line of a known_hosts file. */
  readonly knownHost: string;
  /** The root of its file tree: `root` in the inventory. */
  readonly root: string;
  /** The ports that it opened, in the order of `ports`. */
  readonly ports: readonly number[];
  /** As `systemctl is-active` prints it. */
  unitState(unit: string): ActiveState | 'not-found';
  /** The process ids of the main processes of a unit or, with `cron:<user>`, of a user's cron jobs. */
  pidsOf(what: string): readonly number[];
  allows(port: number, remoteAddress: string): boolean;
  /** The firewall's rules for IPv4, as `iptables -S` prints them. */
  rules(): readonly string[];
  /** Whether new connections to a port wait. */
  holds(port: number): boolean;
  /** How long connections to its ports were held, each time. */
  holdSpans(): readonly HoldSpan[];
  sshFault(fault: SshFault): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one bare-metal host: an ssh server in front of real processes, real files and real ports. */
export async function startHost(options: HostOptions): Promise<LabHost> {
  const {name, address, user = 'deploy', authorizedKey} = options;
  const places = makePlaces(join(options.directory, name), user);
  writeFiles(places.root, options.files ?? {});
  const openPorts: FilteredPort[] = [];
  const models = modelsOf(options, places.root, () => openPorts.map((port) => port.enforce()));
  const {systemd, cron, firewall, holds} = models;
  const programs = hostPrograms(
    models,
    join(places.root, options.proxyFile ?? 'no-proxy'),
    () => openPorts,
  );
  writeShims(places.bin, [...programs.keys()]);

  for (const port of options.ports ?? []) {
    openPorts.push(await openPort(port, address, models));
  }
  const ssh = await startSshServer({...places, address, user, authorizedKey, programs});
  await systemd.startEnabled();
  cron.start();
  return {
    name,
    address,
    user,
    root: places.root,
    sshPort: ssh.port,
    knownHost: ssh.knownHost,
    ports: openPorts.map(({port}) => port),
    unitState: (unit) => systemd.unit(unit)?.activeState() ?? 'not-found',
    pidsOf: (what) =>
      what.startsWith('cron:')
        ? cron.jobs(what.slice('cron:'.length))
        : (systemd.unit(what)?.pids() ?? []),
    allows: (port, remoteAddress) => firewall.allows(port, remoteAddress),
    rules: () => firewall.lines(),
    holds: (port) => holds.isHeld(port),
    holdSpans: () => holds.spans(),
    sshFault: (fault) => ssh.fault(fault),
    stop: async () => {
      await ssh.stop();
      await Promise.all([cron.stop(), systemd.stopAll(), ...openPorts.map((port) => port.stop())]);
    },
  };
}

function makePlaces(folder: string, user: string) {
  const root = join(folder, 'root');
  const home = join(root, 'home', user);
  mkdirSync(join(root, 'var/lib'), {recursive: true});
  mkdirSync(home, {recursive: true, mode: 0o700});
  return {root, home, bin: join(folder, 'bin')};
}

function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    // A job of at is executable once it is whole.
    writeFileSync(join(root, path), text, {mode: path.includes('/atjobs/') ? 0o700 : 0o644});
  }
}

function modelsOf(options: HostOptions, root: string, rulesChanged: () => void): Models {
  const {name: host, processes, units = [], timers = []} = options;
  const {crontabs = {}, cronFiles = {}, cronMinuteMs: minuteMs = 60_000} = options;
  const accounts = {root: '', ...crontabs};
  return {
    systemd: new Systemd({host, root, processes, units, timers}),
    cron: new Cron({host, root, processes, crontabs: accounts, cronFiles, minuteMs}),
    firewall: new Firewall(rulesChanged),
    firewall6: new Firewall(() => {}),
    holds: new Holds(),
  };
}

async function openPort(
  {port, to, unit}: LabPort,
  address: string,
  {firewall, holds, systemd}: Models,
): Promise<FilteredPort> {
  // The rules name the port itself, which may be known only once it listens.
  const opened: FilteredPort = await openFilteredPort({
    port,
    to,
    address,
    allows: (remote) => firewall.allows(opened.port, remote),
    drops: () => holds.drops(opened.port),
    listens: () => unit === undefined || systemd.unit(unit)?.activeState() === 'active',
  });
  return opened;
}

interface Models {
  readonly systemd: Systemd;
  readonly cron: Cron;
  readonly firewall: Firewall;
  readonly firewall6: Firewall;
  readonly holds: Holds;
}

function hostPrograms(
  {systemd, cron, firewall, firewall6, holds}: Models,
  proxyFile: string,
  ports: () => readonly FilteredPort[],
): ReadonlyMap<string, HostProgram> {
  return new Map<string, HostProgram>([
    ['systemctl', (command) => systemd.systemctl(command)],
    ['crontab', (command) => cron.crontab(command)],
    ['iptables', (command) => firewall.iptables(command)],
    ['iptables-save', () => firewall.save()],
    ['iptables-restore', (command) => firewall.restore(command)],
    ['ip6tables', (command) => firewall6.iptables(command)],
    ['ip6tables-save', () => firewall6.save()],
    ['ip6tables-restore', (command) => firewall6.restore(command)],
    ['nft', (command) => holds.nft(command)],
    ['ss', (command) => listConnections(command, ports())],
    ['nginx', (command) => testProxy(command, proxyFile)],
    ['ps', (command) => listProcesses(command, systemd, cron)],
  ]);
}

/** ss(8) with the filter that the steps use: the open connections to some ports. */
function listConnections(command: HostCommand, ports: readonly FilteredPort[]): CommandReply {
  const words = command.args.join(' ');
  const asked = [...words.matchAll(/sport = :(\d+)/g)].map(([, port]) => Number(port));
  if (!words.startsWith('-Htn state established ') || asked.length === 0) {
    return notSupported(command);
  }
  const connections = ports
    .filter(({port}) => asked.includes(port))
    .flatMap((port) => port.connections());
  return succeeded(
    connections.map(({local, remote}) => `ESTAB 0      0      ${local} ${remote}\n`).join(''),
  );
}

/** `nginx -t` */
function testProxy(command: HostCommand, file: string): CommandReply {
  if (command.args.join(' ') !== '-t') {
    return notSupported(command);
  }
  try {
    upstreamIn(readFileSync(file, 'utf8'));
    hasOneRequestAConnection(file);
    return {
      code: 0,
      stdout: '',
      stderr: 'nginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

const psColumns = 'pid=,ppid=,user:32=,etimes=,unit:128=,comm=';

/** ps(1) with the one set of columns that the steps use. */
function listProcesses(command: HostCommand, systemd: Systemd, cron: Cron): CommandReply {
  if (command.args.join(' ') !== `-eo ${psColumns}`) {
    return notSupported(command);
  }
  // The lab's supervisor starts the jobs: it is the cron daemon of every host.
  const daemon = {pid: process.pid, parent: 1, seconds: Math.floor(process.uptime()), name: 'cron'};
  const rows = [
    row(daemon, 'root', 'cron.service'),
    ...systemd.processes().map((each) => row(each, 'root', each.unit)),
    ...cron.processes().map((each) => row(each, each.user, 'cron.service')),
  ];
  return succeeded(`${rows.join('\n')}\n`);
}

const row = ({pid, parent, seconds, name}: ProcessInfo, user: string, unit: string) =>
  `${String(pid).padStart(7)} ${String(parent).padStart(7)} ${user.padEnd(32)} ${String(seconds).padStart(7)} ${unit.padEnd(128)} ${name}`;
