import type {Session} from '../../../src/model/target.ts';
import type {Command} from '../../../steps/hosts/command/contract.ts';
import type {
  Control,
  Family,
  FirewallChain,
  HostFile,
  HostProcess,
  HostsReader,
  HostsWriter,
  HostWriter,
  ProxyState,
  ReverseProxy,
  RunMarker,
  StartedAgain,
  UnitState,
} from '../../../steps/hosts/contract.ts';
import {rebootUsersIn, usersIn} from '../../../steps/hosts/cron/crontab-text.ts';
import {sha256} from '../../../steps/hosts/files/encoded-text.ts';
import {markerName} from '../../../steps/hosts/files/run-marker.ts';
import type {
  ConnectionHold,
  Drain,
  DryHold,
  HoldState,
  HoldWay,
} from '../../../steps/hosts/hold/contract.ts';
import type {OwnFile, OwnFileState} from '../../../steps/hosts/proxy/contract.ts';
import {declaredIn} from '../../../steps/hosts/supervisor/config-text.ts';
import type {Visits, VisitsRequest} from '../../../steps/hosts/visitors/contract.ts';
import {fakeShell} from './fake-shell.ts';
import {FakeTree} from './fake-tree.ts';

export interface FakeUnit {
  activeState?: string;
  unitFileState?: string;
  dropInFolder?: boolean;
  triggeredBy?: readonly string[];
  triggers?: readonly string[];
  persistent?: boolean;
  id?: string;
  restartable?: boolean;
  alsoStops?: readonly string[];
  stopsTargets?: readonly string[];
  alsoStarts?: readonly string[];
  startsAfter?: readonly string[];
  stoppable?: boolean;
  needsReload?: boolean;
  stopMs?: number;
  startMs?: number;
  cancels?: readonly string[];
  userFiles?: readonly string[];
  instances?: readonly string[];
  /** The markers of the drop-ins that keep it from starting. */
  blocks?: Set<string>;
}

export interface FakeHostState {
  readonly name: string;
  readonly units?: Record<string, FakeUnit>;
  /** By account; `null` is an account without a crontab. */
  readonly crontabs?: Record<string, string | null>;
  readonly files?: Record<string, string>;
  readonly rules?: Partial<Record<Family, readonly string[] | null>>;
  /** What runs, beside what units and crons are. */
  readonly processes?: readonly HostProcess[];
  readonly secondOfMinute?: number;
  /** Jobs of at that run. */
  readonly atRunning?: number;
  /** What supervisord knows: each group with the file that declares it, and its processes. */
  readonly groups?: Record<string, FakeGroup>;
  /** How it can hold connections; `null`: in no way. */
  readonly holdWay?: HoldWay | null;
  /** Connections that are open, and never end. */
  readonly openConnections?: number;
  /** The runs that hold connections to a port from the start. */
  readonly held?: Readonly<Record<string, readonly number[]>>;
}

export interface FakeGroup {
  readonly file: string;
  readonly processes: Readonly<Record<string, string>>;
}

/** A small true model of hosts: a start depends on the blocks, a restored text on the kept one. */
export class FakeHosts {
  readonly hosts: readonly FakeHost[];

  constructor(...states: readonly FakeHostState[]) {
    this.hosts = states.map((state) => new FakeHost(state));
  }

  get session(): Session<HostsReader, HostsWriter> {
    const group: HostsWriter = {name: 'web', hosts: this.hosts};
    return {reader: group, writer: group, close: async () => {}};
  }

  picture(): unknown {
    return structuredClone(this.hosts.map((host) => host.picture()));
  }
}

interface KeptCrontab {
  readonly original: string;
  readonly installed: string;
}

const noUnit = {loadState: null, activeState: null};

export class FakeHost implements HostWriter {
  readonly name: string;
  running: readonly HostProcess[];
  second: number;
  readonly crontabTexts: Map<string, string | null>;
  readonly fileTexts: Map<string, string>;
  readonly #tree: FakeTree;
  readonly tree: FakeTree['tree'] = (...asked) => this.#tree.tree(...asked);
  readonly treeState: FakeTree['treeState'] = (...asked) => this.#tree.treeState(...asked);
  readonly hashes: FakeTree['hashes'] = (...asked) => this.#tree.hashes(...asked);
  readonly sendFiles: FakeTree['sendFiles'] = (...asked) => this.#tree.sendFiles(...asked);
  readonly fetchFiles: FakeTree['fetchFiles'] = (...asked) => this.#tree.fetchFiles(...asked);
  readonly #units: Map<string, Required<FakeUnit>>;
  readonly #keptCrontabs = new Map<string, KeptCrontab>();
  readonly #keptFiles = new Map<string, string>();
  readonly #reloads = new Map<string, string>();
  /** What runs again of all that was stopped. */
  again: StartedAgain | null = null;
  /** The output of the proxy's own test. */
  complaint: string | null = null;
  readonly #rules: Record<Family, readonly string[] | null>;
  atRunning: number;
  readonly #declared: Readonly<Record<string, FakeGroup>>;
  readonly #groups = new Map<string, Map<string, string>>();
  readonly #holdWay: HoldWay | null;
  readonly #held: Map<string, readonly number[]>;
  openConnections: number;
  canSee = true;
  /** Who is connected, or was a moment ago. */
  remotes: readonly {readonly address: string; readonly count: number}[] = [];
  readonly #dryHolds = new Map<string, DryHold>();

  constructor({
    name,
    units = {},
    crontabs = {},
    files = {},
    rules = {},
    processes = [],
    secondOfMinute = 30,
    atRunning = 0,
    groups = {},
    holdWay = 'nft',
    held = {},
    openConnections = 0,
  }: FakeHostState) {
    this.name = name;
    this.#holdWay = holdWay;
    this.#held = new Map(Object.entries(held));
    this.openConnections = openConnections;
    this.#units = new Map(
      Object.entries(units).map(([unit, state]) => [unit, {...ordinary(), ...state}]),
    );
    this.crontabTexts = new Map(Object.entries(crontabs));
    this.fileTexts = new Map(Object.entries(files));
    this.#tree = new FakeTree(this.fileTexts);
    this.#rules = {iptables: ['-P INPUT ACCEPT'], ip6tables: null, ...rules};
    this.running = processes;
    this.second = secondOfMinute;
    this.atRunning = atRunning;
    this.#declared = groups;
    for (const [group, {file, processes}] of Object.entries(groups)) {
      this.fileTexts.set(file, `[program:${group}]\n`);
      this.#groups.set(group, new Map(Object.entries(processes)));
    }
  }

  picture(): unknown {
    return {
      units: this.#units,
      crontabs: this.crontabTexts,
      keptCrontabs: this.#keptCrontabs,
      files: this.fileTexts,
      keptFiles: this.#keptFiles,
      rules: this.#rules,
      reloads: this.#reloads,
      held: this.#held,
      dryHolds: this.#dryHolds,
      groups: this.#groups,
    };
  }

  async checkCommand(command: Command, _marker: RunMarker, signal: AbortSignal) {
    return fakeShell(this.fileTexts, command, signal);
  }

  async runCommand(command: Command, _marker: RunMarker, signal: AbortSignal) {
    return fakeShell(this.fileTexts, command, signal);
  }

  async readFile(path: string) {
    const text = this.fileTexts.get(path);
    return text === undefined ? null : {text, mode: '644', owner: 'root:root'};
  }

  async writeFile(path: string, text: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.fileTexts.set(path, text);
  }

  async removeFile(path: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.fileTexts.delete(path);
  }

  async units(names: readonly string[], marker: RunMarker): Promise<readonly UnitState[]> {
    return names.map((unit) => this.#shown(unit, marker));
  }

  async processes(): Promise<readonly HostProcess[]> {
    return this.running;
  }

  async visits({logs, ignore}: VisitsRequest): Promise<Visits> {
    return {
      canSee: this.canSee,
      remotes: this.remotes.filter(({address}) => !ignore.includes(address)),
      logs: logs.flatMap(({path, from}) => {
        const text = this.fileTexts.get(path);
        const added = text?.slice(from?.size ?? text.length).split('\n').length ?? 1;
        return text === undefined ? [] : [{path, file: '1', size: text.length, added: added - 1}];
      }),
    };
  }

  async secondOfMinute(): Promise<number> {
    return this.second;
  }

  async crontabUsers(marker: RunMarker) {
    const kept = `${markerName(marker)} `;
    return [...this.crontabTexts].flatMap(([user, text]) =>
      text === null && !this.#keptCrontabs.has(`${kept}${user}`) ? [] : user,
    );
  }

  async crontabs(users: readonly string[], marker: RunMarker) {
    return users.map((user) => ({
      user,
      file: `/var/spool/cron/crontabs/${user}`,
      account: this.crontabTexts.has(user),
      text: this.crontabTexts.get(user) ?? null,
      kept: this.#keptCrontabs.get(`${markerName(marker)} ${user}`) ?? null,
    }));
  }

  async cronFiles(paths: readonly string[], marker: RunMarker) {
    return this.#filesAt(paths, marker, (text) => ({
      ...fileOf(text),
      ...{users: usersIn(text), atBoot: rebootUsersIn(text)},
    }));
  }

  async programFiles(paths: readonly string[], marker: RunMarker) {
    return this.#filesAt(paths, marker, (text) => ({
      ...fileOf(text),
      ...declaredIn(text),
    }));
  }

  async atJobs(paths: readonly string[], marker: RunMarker) {
    return this.#filesAt(paths, marker, fileOf);
  }

  #filesAt<File extends HostFile>(
    paths: readonly string[],
    marker: RunMarker,
    describe: (text: string) => File,
  ) {
    const described = (text: string | undefined) => (text === undefined ? null : describe(text));
    return paths.map((path) => ({
      path,
      inPlace: described(this.fileTexts.get(path)),
      kept: described(this.#keptFiles.get(`${markerName(marker)} ${path}`)),
    }));
  }

  async atQueue(spool: string, marker: RunMarker) {
    const kept = `${markerName(marker)} `;
    const paths = [
      ...this.fileTexts.keys(),
      ...[...this.#keptFiles.keys()].flatMap((key) =>
        key.startsWith(kept) ? key.slice(kept.length) : [],
      ),
    ];
    const jobs = [...new Set(paths.filter((path) => path.startsWith(`${spool}/`)))].sort();
    return {jobs, running: this.atRunning, otherSpool: null};
  }

  async supervisorProcesses(group: string) {
    const known = this.#groups.get(group);
    return known ? [...known].map(([name, state]) => ({name, state})) : null;
  }

  async updateGroup(
    group: string,
    _control: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const {file = '', processes = {}} = this.#declared[group] ?? {};
    if (!this.fileTexts.has(file)) {
      this.#groups.delete(group);
    } else if (!this.#groups.has(group)) {
      // It starts by itself whatever its file declares.
      this.#groups.set(group, new Map(Object.keys(processes).map((name) => [name, 'RUNNING'])));
    }
  }

  async removeGroup(
    group: string,
    {command}: Control,
    _marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    await this.updateGroup(group, command, signal);
  }

  async startedAgain(): Promise<StartedAgain | null> {
    return this.again;
  }

  async forgetStopped(): Promise<void> {}

  async startProcesses(
    names: readonly string[],
    _control: Control,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#setAll(names, 'RUNNING');
  }

  async stopProcesses(
    names: readonly string[],
    _control: Control,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#setAll(names, 'STOPPED');
  }

  #setAll(names: readonly string[], state: string): void {
    for (const name of names) {
      const [group = ''] = name.split(':');
      this.#groups.get(group)?.set(name, state);
    }
  }

  async filterRules(): Promise<Readonly<Record<Family, readonly string[] | null>>> {
    return this.#rules;
  }

  async blockUnits(
    units: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    for (const unit of units) {
      const state = this.#unit(unit);
      state.dropInFolder = true;
      state.blocks.add(markerName(marker));
    }
  }

  async unblockUnits(
    units: readonly string[],
    own: readonly string[],
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    for (const unit of units) {
      const state = this.#unit(unit);
      state.blocks.delete(markerName(marker));
      state.dropInFolder = state.blocks.size > 0 || !own.includes(unit);
    }
  }

  async stopUnits(
    units: readonly string[],
    _limitMs: number,
    _marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    for (const unit of units) {
      this.#unit(unit).activeState = 'inactive';
    }
  }

  async startUnits(units: readonly string[], _limitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const state of units.map((unit) => this.#unit(unit))) {
      state.activeState = state.blocks.size > 0 ? state.activeState : 'active';
    }
  }

  async replaceCrontab(
    user: string,
    texts: {from: string; to: string},
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    if (this.crontabTexts.get(user) === texts.from) {
      this.#keptCrontabs.set(`${markerName(marker)} ${user}`, {
        original: texts.from,
        installed: texts.to,
      });
      this.crontabTexts.set(user, texts.to);
    }
  }

  async restoreCrontab(user: string, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const kept = this.#keptCrontabs.get(`${markerName(marker)} ${user}`);
    if (kept !== undefined) {
      this.crontabTexts.set(user, kept.original);
      this.#keptCrontabs.delete(`${markerName(marker)} ${user}`);
    }
  }

  async moveAside(path: string, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    move(path, this.fileTexts, `${markerName(marker)} ${path}`, this.#keptFiles);
  }

  async restoreFile(path: string, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    move(`${markerName(marker)} ${path}`, this.#keptFiles, path, this.fileTexts);
  }

  async moveAtJobAside(path: string, marker: RunMarker, signal: AbortSignal): Promise<void> {
    await this.moveAside(path, marker, signal);
  }

  async restoreAtJob(path: string, marker: RunMarker, signal: AbortSignal): Promise<void> {
    await this.restoreFile(path, marker, signal);
  }

  async putChain(family: Family, chain: FirewallChain, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.removeChain(family, chain, signal);
    const rules = this.#rules[family] ?? [];
    const policies = rules.filter((rule) => /^-[PN]/.test(rule));
    const others = rules.filter((rule) => !/^-[PN]/.test(rule));
    this.#rules[family] = [...policies, `-N ${chain.name}`, chain.jump, ...others, ...chain.rules];
  }

  async removeChain(family: Family, chain: FirewallChain, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#rules[family] = (this.#rules[family] ?? []).filter((rule) => !rule.includes(chain.name));
  }

  async proxyState(
    {file, unit}: ReverseProxy,
    marker: RunMarker,
    withTest: boolean,
  ): Promise<ProxyState> {
    const {loadState, activeState} = unit === null ? noUnit : this.#shown(unit, marker);
    const [files = {inPlace: null, kept: null}] = this.#filesAt([file], marker, fileOf);
    return {
      loadState: withTest ? loadState : null,
      activeState: withTest ? activeState : null,
      inPlace: files.inPlace,
      kept: files.kept,
      reloadedWith: this.#reloads.get(`${markerName(marker)} ${file}`) ?? null,
      complaint: withTest ? this.complaint : null,
    };
  }

  async switchProxy(
    {file, unit}: ReverseProxy,
    {from, text}: {from: string; text: string},
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const now = this.fileTexts.get(file) ?? '';
    if (now !== text && sha256(now) !== from) {
      throw new Error(`${file} was edited`);
    }
    if (now !== text) {
      this.#keptFiles.set(`${markerName(marker)} ${file}`, now);
      this.fileTexts.set(file, text);
    }
    if (unit !== null && this.#unit(unit).activeState !== 'active') {
      throw new Error(`${unit} is not active, cannot reload`);
    }
    this.#reloads.set(`${markerName(marker)} ${file}`, sha256(text));
  }

  async restoreProxy(
    {file}: ReverseProxy,
    _text: string,
    marker: RunMarker,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#reloads.delete(`${markerName(marker)} ${file}`);
    const kept = this.#keptFiles.get(`${markerName(marker)} ${file}`);
    if (kept !== undefined) {
      this.fileTexts.set(file, kept);
      this.#keptFiles.delete(`${markerName(marker)} ${file}`);
    }
  }

  async ownFile({file, text}: OwnFile, marker: RunMarker): Promise<OwnFileState> {
    const loaded = this.#reloads.get(`${markerName(marker)} ${file}`);
    const now = this.fileTexts.get(file);
    return {
      isThere: now !== undefined,
      isWritten: now === text,
      isOwn: loaded !== undefined,
      isLoaded: loaded === sha256(text),
    };
  }

  async putOwnFile({file, text}: OwnFile, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.fileTexts.set(file, text);
    this.#reloads.set(`${markerName(marker)} ${file}`, sha256(text));
  }

  async removeOwnFile({file}: OwnFile, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#reloads.delete(`${markerName(marker)} ${file}`)) {
      this.fileTexts.delete(file);
    }
  }

  async dryHold(marker: RunMarker): Promise<DryHold | null> {
    return this.#dryHolds.get(markerName(marker)) ?? null;
  }

  async tryHold(
    _way: HoldWay,
    _hold: ConnectionHold,
    holdMs: number,
    _run: {readonly id: string},
    signal: AbortSignal,
  ): Promise<DryHold> {
    signal.throwIfAborted();
    const count = this.openConnections;
    const remotes = count > 0 ? [{address: '10.0.0.5', count}] : [];
    return {
      ...{drainMs: count > 0 ? null : Math.min(20, holdMs), before: remotes, left: remotes},
      ...{attempts: 7, refused: 0, reset: 0, cpuPercent: 12, load: 0.5},
    };
  }

  async untilConnectionsEnd(
    _ports: readonly number[],
    _limitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
  }

  async keepDryHold(report: DryHold, marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#dryHolds.set(markerName(marker), report);
  }

  async forgetDryHold(marker: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#dryHolds.delete(markerName(marker));
  }

  async holdState({ports}: ConnectionHold, {id}: RunMarker): Promise<HoldState> {
    const own = this.#held.get(id);
    const others = [...this.#held].filter(
      ([run, held]) => run !== id && held.some((port) => ports.includes(port)),
    );
    return {
      way: this.#holdWay,
      canDrain: true,
      open: this.openConnections,
      own:
        own === undefined
          ? null
          : {isHolding: ports.every((port) => own.includes(port)), leftMs: null},
      others: others.map(([run]) => run),
    };
  }

  async holdConnections(
    _way: HoldWay,
    {ports}: ConnectionHold,
    drainMs: number,
    {id}: RunMarker,
    signal: AbortSignal,
  ): Promise<Drain> {
    signal.throwIfAborted();
    if (this.openConnections > 0) {
      const remotes = [{address: '10.0.0.5', count: this.openConnections}];
      return {kind: 'left', ms: drainMs, count: this.openConnections, remotes};
    }
    this.#held.set(id, ports);
    return {kind: 'drained', ms: 20};
  }

  async releaseConnections(_way: HoldWay, {id}: RunMarker, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#held.delete(id);
  }

  /** What the kernel does when the time of a hold is over. */
  endHold(run: string): void {
    this.#held.set(run, []);
  }

  #unit(unit: string): Required<FakeUnit> {
    const state = this.#units.get(unit);
    if (state === undefined) {
      throw new Error(`${this.name} has no ${unit}`);
    }
    return state;
  }

  #shown(unit: string, marker: RunMarker): UnitState {
    const known = this.#units.get(unit);
    const state = known ?? {...ordinary(), activeState: 'inactive', unitFileState: ''};
    return {
      ...state,
      unit,
      id: state.id || unit,
      loadState: known === undefined ? 'not-found' : 'loaded',
      block: state.blocks.has(markerName(marker)) ? 'whole' : 'none',
      otherBlocks: [...state.blocks].filter((name) => name !== markerName(marker)),
    };
  }
}

const ordinary = (): Required<FakeUnit> => ({
  activeState: 'active',
  unitFileState: 'enabled',
  dropInFolder: false,
  triggeredBy: [],
  triggers: [],
  persistent: false,
  id: '',
  restartable: true,
  alsoStops: [],
  stopsTargets: [],
  alsoStarts: [],
  startsAfter: [],
  stoppable: true,
  needsReload: false,
  stopMs: 90_000,
  startMs: 90_000,
  cancels: [],
  userFiles: [],
  instances: [],
  blocks: new Set(),
});

const fileOf = (text: string): HostFile => ({
  sha256: sha256(text),
  mode: '644',
  owner: 'root:root',
});

function move(
  from: string,
  source: Map<string, string>,
  to: string,
  target: Map<string, string>,
): void {
  const text = source.get(from);
  if (text !== undefined) {
    target.set(to, text);
    source.delete(from);
  }
}
