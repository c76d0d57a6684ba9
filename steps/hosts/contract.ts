import type {z} from 'zod';
import type {Action, Look, TargetKind} from '../../src/index.ts';
import type {CommandReader, CommandWriter} from './command/contract.ts';
import type {TextFileReader, TextFileWriter} from './files/contract.ts';
import type {HoldReader, HoldWriter} from './hold/contract.ts';
import type {OwnFileReader, OwnFileWriter} from './proxy/contract.ts';
import type {hostsConfig} from './shell/config.ts';
import type {Declared} from './supervisor/config-text.ts';
import type {TreeReader, TreeWriter} from './tree/contract.ts';
import type {UnitState} from './units/contract.ts';
import type {VisitsReader} from './visitors/contract.ts';

/** A group of hosts in the inventory. */
export type HostsConfig = z.output<typeof hostsConfig>;

/** The run and the entry that leave something on a host: part of the name of every file and chain of theirs. */
export interface RunMarker {
  readonly id: string;
  readonly entry: string;
}

export type {UnitState};

/** One process of a host. */
export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  readonly user: string;
  readonly seconds: number;
  /** The systemd unit to which it belongs, or `-`. */
  readonly unit: string;
  /** The program's name, never its arguments: they may hold a password. */
  readonly name: string;
  /** LOGNAME in its environment, where it has one: cron sets it, and a program that changes its account keeps it. */
  readonly login?: string;
}

/** A user's crontab. Its text may hold secrets: it must not reach a verdict, a plan or the journal. */
export interface CrontabState {
  readonly user: string;
  /** Its path in the spool, whether it is there or not. */
  readonly file: string;
  /** Whether the host knows the account. */
  readonly account: boolean;
  readonly text: string | null;
  /** What this entry keeps of it on the host, and what it installed instead. */
  readonly kept: {readonly original: string; readonly installed: string} | null;
}

/** A file without its text, which may hold secrets. */
export interface HostFile {
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
}

/** A file that a step may move aside. */
export interface FileState<File extends HostFile = HostFile> {
  readonly path: string;
  readonly inPlace: File | null;
  /** The copy that this entry keeps on the host since it moved the file aside. */
  readonly kept: File | null;
}

/** A file that cron reads or runs. */
export interface CronFile extends HostFile {
  /** The accounts under which its jobs run. */
  readonly users: readonly string[];
  /** Those of them whose jobs cron starts at boot. */
  readonly atBoot: readonly string[];
}

/** A file that supervisord reads. */
export interface ProgramFile extends HostFile, Declared {}

/** What runs again although an entry has stopped it, and for how long nothing of it has been stopped any more. */
export interface StartedAgain {
  readonly seconds: number;
  readonly processes: readonly {
    readonly pid: number;
    /** The address on which it listens, and on which the stopped program did; absent: it is that program itself. */
    readonly listensOn?: string;
  }[];
}

/** The jobs that wait for atd, and those that it has started. */
export interface AtQueue {
  /** The paths of the jobs that wait, and of those that this entry has moved aside. */
  readonly jobs: readonly string[];
  /** How many are running: atd renames a job's file while it runs (atd(8): queue `=`). */
  readonly running: number;
  /** The spool of this host, where it is not the given one. */
  readonly otherSpool: string | null;
}

/** The command that talks to supervisord, and how long supervisord lets its programs take. */
export interface Control {
  readonly command: readonly string[];
  readonly limitMs: number;
}

/** One process of supervisord, with its state there: `RUNNING`, `STOPPED`, `FATAL`, … */
export interface SupervisorProcess {
  /** `group:process`, as supervisorctl names it. */
  readonly name: string;
  readonly state: string;
}

/** The two commands of a host's firewall: IPv4 and IPv6 have tables of their own. */
export type Family = 'iptables' | 'ip6tables';

/** The filter table as `iptables -S` prints it: no counters, nothing that moves. `null` where the host has no IPv6. */
export type FilterRules = Readonly<Record<Family, readonly string[] | null>>;

/** A chain of a run, and the one rule of INPUT that leads into it. */
export interface FirewallChain {
  readonly name: string;
  /** As `iptables -S` prints them. */
  readonly rules: readonly string[];
  readonly jump: string;
}

/** A file on a host, and who reads it: a reverse proxy with the servers behind it, or another service. */
export interface ReverseProxy {
  readonly file: string;
  /** The unit that reads the file again on a reload; `null`: none does. */
  readonly unit: string | null;
  /** A command that tests whether the file can be read; empty: none does. */
  readonly test: readonly string[];
}

export interface ProxyState {
  /** The unit's states in systemd; `null` when they were not read. */
  readonly loadState: string | null;
  readonly activeState: string | null;
  readonly inPlace: HostFile | null;
  /** The original that this entry keeps on the host. */
  readonly kept: HostFile | null;
  /** The digest of the text with which this entry has reloaded the unit. */
  readonly reloadedWith: string | null;
  /** How the proxy's own test failed; `null` when it passed, or was not run. */
  readonly complaint: string | null;
}

/** One host, to be looked at. */
export interface HostReader
  extends HoldReader,
    OwnFileReader,
    CommandReader,
    VisitsReader,
    TextFileReader,
    TreeReader {
  readonly name: string;
  units(
    names: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<readonly UnitState[]>;
  processes(signal: AbortSignal): Promise<readonly HostProcess[]>;
  /** Every account with a crontab, or with a crontab that this entry keeps. */
  crontabUsers(marker: RunMarker, signal: AbortSignal): Promise<readonly string[]>;
  crontabs(
    users: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<readonly CrontabState[]>;
  cronFiles(
    paths: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<readonly FileState<CronFile>[]>;
  /** The second of the host's clock in its minute: cron starts jobs in the first seconds of each. */
  secondOfMinute(signal: AbortSignal): Promise<number>;
  /** The queue of at and batch. */
  atQueue(spool: string, marker: RunMarker, signal: AbortSignal): Promise<AtQueue>;
  atJobs(
    paths: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<readonly FileState[]>;
  /** What runs again of all that this entry has stopped; `null` where it has stopped nothing that ran. */
  startedAgain(marker: RunMarker, signal: AbortSignal): Promise<StartedAgain | null>;
  /** The processes of a group of supervisord; `null` when it knows no such group. */
  supervisorProcesses(
    group: string,
    control: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly SupervisorProcess[] | null>;
  programFiles(
    paths: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<readonly FileState<ProgramFile>[]>;
  filterRules(signal: AbortSignal): Promise<FilterRules>;
  /** `withTest`: also whether its unit runs, and whether it passes its own test. */
  proxyState(
    proxy: ReverseProxy,
    marker: RunMarker,
    withTest: boolean,
    signal: AbortSignal,
  ): Promise<ProxyState>;
}

/** One host, to be changed. Every write is safe to repeat. */
export interface HostWriter
  extends HostReader,
    HoldWriter,
    OwnFileWriter,
    CommandWriter,
    TextFileWriter,
    TreeWriter {
  /** Prevents every start of these units until the drop-in is removed. Running units keep running. */
  blockUnits(units: readonly string[], marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Removes the drop-ins of this entry, and the empty folders of the units that `ownFolder` names. */
  unblockUnits(
    units: readonly string[],
    ownFolder: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
  /** Remembers their programs and ports first. `limitMs`: how long systemd lets them take. */
  stopUnits(
    units: readonly string[],
    limitMs: number,
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
  startUnits(units: readonly string[], limitMs: number, signal: AbortSignal): Promise<void>;
  /** Keeps the original on the host and installs `to`, if the crontab still is `from` (or already is `to`). */
  replaceCrontab(
    user: string,
    texts: {readonly from: string; readonly to: string},
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
  /** Restores the kept original, if the crontab still is the installed one, and removes the copy. */
  restoreCrontab(user: string, marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Moves a file aside, so that the daemon that reads its folder ignores it. Mode and owner are kept. */
  moveAside(path: string, marker: RunMarker, signal: AbortSignal): Promise<void>;
  restoreFile(path: string, marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Moves a waiting job aside. A job that atd starts at that moment stays with atd. */
  moveAtJobAside(path: string, marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Restores a job, and makes atd check at once whether it is due. */
  restoreAtJob(path: string, marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Makes supervisord read its files again and apply them to this one group: added or changed. */
  updateGroup(group: string, control: readonly string[], signal: AbortSignal): Promise<void>;
  /** Remembers the programs and ports of a group that is in no file any more; then supervisord stops and removes it. */
  removeGroup(
    group: string,
    control: Control,
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
  startProcesses(names: readonly string[], control: Control, signal: AbortSignal): Promise<void>;
  stopProcesses(names: readonly string[], control: Control, signal: AbortSignal): Promise<void>;
  /** Forgets what this entry has stopped. */
  forgetStopped(marker: RunMarker, signal: AbortSignal): Promise<void>;
  /** Makes the chain exactly as given, with its jump first in INPUT: all at once, or not at all. */
  putChain(family: Family, chain: FirewallChain, signal: AbortSignal): Promise<void>;
  /** Removes the chain and its jump, and nothing else. */
  removeChain(family: Family, chain: FirewallChain, signal: AbortSignal): Promise<void>;
  /** Keeps the file on the host, writes `text`, tests and reloads. A text that fails the test is taken out again. */
  switchProxy(
    proxy: ReverseProxy,
    texts: {readonly from: string; readonly text: string},
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
  /** Restores the kept file, if the text of this entry is still in place, and reloads. */
  restoreProxy(
    proxy: ReverseProxy,
    text: string,
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void>;
}

/** The hosts of one target, in the order of the inventory. */
export interface HostsReader {
  readonly name: string;
  readonly hosts: readonly HostReader[];
}

export interface HostsWriter extends HostsReader {
  readonly hosts: readonly HostWriter[];
}

type OnHosts = {readonly hosts: TargetKind<'hosts', HostsReader, HostsWriter>};
export type HostsAction = Action<OnHosts>;
export type HostsLook<Input = unknown> = Look<OnHosts, Input>;
