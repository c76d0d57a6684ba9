import type {LabProcess, Processes} from '../processes.ts';
import {conditionsHold, type DropIns} from './drop-ins.ts';
import {type ProcessGroup, type ProcessInfo, processGroup} from './process-group.ts';

/** A service of a lab host: a real program. */
export interface LabUnit {
  /** `shop.service` */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** `Restart=` of systemd.service(5). It is honoured after a crash or a kill, never after a stop. */
  readonly restart?: 'no' | 'on-failure' | 'always';
  /** Whether it is enabled, and so started with the host. */
  readonly enabled?: boolean;
}

/** A timer of a lab host: it starts its oneshot service every `everyMs`, for real. */
export interface LabTimer {
  /** `shop-digest.timer` */
  readonly name: string;
  readonly starts: LabUnit;
  readonly everyMs: number;
  readonly persistent?: boolean;
}

export type ActiveState = 'active' | 'activating' | 'deactivating' | 'inactive' | 'failed';

/** A service or a timer, for `systemctl`. */
export interface Unit {
  readonly name: string;
  readonly enabled: boolean;
  dropIns: DropIns;
  activeState(): ActiveState;
  /** `systemctl start`: skipped, without a message, while a condition does not hold. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Its main process. */
  pids(): readonly number[];
  /** All its processes, as its control group would have them. */
  members(): readonly ProcessInfo[];
  /** The properties of `systemctl show` that only this kind of unit has. */
  properties(): Readonly<Record<string, string>>;
}

const restartMs = 100; // RestartSec= of systemd.service(5) is 100 ms.
const stopMs = 5_000; // DefaultTimeoutStopSec= is 90 s; nobody waits that long in a rehearsal.

export class Service implements Unit {
  readonly name: string;
  readonly enabled: boolean;
  dropIns: DropIns = {paths: [], conditions: []};
  readonly #unit: LabUnit;
  readonly #type: 'simple' | 'oneshot';
  readonly #triggeredBy: string;
  readonly #group: ProcessGroup;
  readonly #spawn: () => LabProcess;
  #state: ActiveState = 'inactive';
  #process: LabProcess | null = null;
  #ending: Promise<void> = Promise.resolve();
  #stopping = false;
  #restart: NodeJS.Timeout | null = null;
  #restarts = 0;
  #conditionHeld = true;

  constructor(
    unit: LabUnit,
    host: {readonly name: string; readonly root: string; readonly processes: Processes},
    triggeredBy = '',
  ) {
    this.name = unit.name;
    this.enabled = unit.enabled ?? true;
    this.#unit = unit;
    this.#type = triggeredBy === '' ? 'simple' : 'oneshot';
    this.#triggeredBy = triggeredBy;
    this.#group = processGroup(`${host.root} ${unit.name}`);
    const [program, ...args] = unit.command;
    this.#spawn = () =>
      host.processes.spawn(`${host.name}-${unit.name}`, program, args, {
        env: {...unit.env, ...this.#group.marker},
        ...(unit.cwd === undefined ? {} : {cwd: unit.cwd}),
      });
  }

  activeState(): ActiveState {
    return this.#state;
  }

  pids(): readonly number[] {
    return this.#process === null ? [] : [this.#process.pid];
  }

  members(): readonly ProcessInfo[] {
    return this.#group.members();
  }

  async start(): Promise<void> {
    this.#cancelRestart();
    if (this.#process !== null) {
      return;
    }
    this.#conditionHeld = conditionsHold(this.dropIns.conditions);
    if (!this.#conditionHeld) {
      this.#state = 'inactive';
      return;
    }
    const started = this.#run();
    if (this.#type === 'oneshot') {
      await started.exited;
      await this.#ending;
    }
  }

  async stop(): Promise<void> {
    this.#cancelRestart();
    if (this.#process === null) {
      this.#state = this.#state === 'failed' ? 'failed' : 'inactive';
      return;
    }
    this.#stopping = true;
    this.#state = 'deactivating';
    await this.#group.end(stopMs);
    await this.#ending;
    this.#stopping = false;
  }

  properties(): Readonly<Record<string, string>> {
    return {
      Type: this.#type,
      Restart: this.#unit.restart ?? 'no',
      MainPID: String(this.#process?.pid ?? 0),
      NRestarts: String(this.#restarts),
      SubState: this.#subState(),
      TriggeredBy: this.#triggeredBy,
      ConditionResult: this.#conditionHeld ? 'yes' : 'no',
    };
  }

  #run(): LabProcess {
    const started = this.#spawn();
    this.#process = started;
    this.#state = this.#type === 'oneshot' ? 'activating' : 'active';
    this.#ending = started.exited.then(({code, signal}) => this.#ended(code, signal));
    return started;
  }

  async #ended(code: number | null, signal: string | null): Promise<void> {
    // The processes that the main process leaves end with it (systemd.kill(5), KillMode=control-group).
    await this.#group.end(stopMs);
    this.#process = null;
    // The exits that systemd.service(5) counts as clean.
    const clean = code === 0 || ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'].includes(signal ?? '');
    const {restart = 'no'} = this.#unit;
    if (!this.#stopping && (restart === 'always' || (restart === 'on-failure' && !clean))) {
      this.#state = 'activating';
      this.#restart = setTimeout(() => {
        this.#restarts += 1;
        void this.start();
      }, restartMs);
      return;
    }
    this.#state = clean ? 'inactive' : 'failed';
  }

  #cancelRestart(): void {
    clearTimeout(this.#restart ?? undefined);
    this.#restart = null;
  }

  #subState(): string {
    switch (this.#state) {
      case 'active':
        return 'running';
      case 'activating':
        return this.#restart === null ? 'start' : 'auto-restart';
      case 'deactivating':
        return 'stop-sigterm';
      case 'failed':
        return 'failed';
      case 'inactive':
        return 'dead';
    }
  }
}

export class Timer implements Unit {
  readonly name: string;
  readonly enabled = true;
  dropIns: DropIns = {paths: [], conditions: []};
  readonly #timer: LabTimer;
  readonly #service: Unit;
  #ticking: NodeJS.Timeout | null = null;
  #next: number | null = null;
  #last: number | null = null;

  constructor(timer: LabTimer, service: Unit) {
    this.name = timer.name;
    this.#timer = timer;
    this.#service = service;
  }

  get times(): {
    readonly next: number | null;
    readonly last: number | null;
    readonly starts: string;
  } {
    return {next: this.#next, last: this.#last, starts: this.#service.name};
  }

  activeState(): ActiveState {
    return this.#ticking === null ? 'inactive' : 'active';
  }

  pids(): readonly number[] {
    return [];
  }

  members(): readonly ProcessInfo[] {
    return [];
  }

  async start(): Promise<void> {
    if (this.#ticking !== null || !conditionsHold(this.dropIns.conditions)) {
      return;
    }
    this.#next = Date.now() + this.#timer.everyMs;
    this.#ticking = setInterval(() => {
      this.#last = Date.now();
      this.#next = this.#last + this.#timer.everyMs;
      void this.#service.start();
    }, this.#timer.everyMs);
  }

  // The service that it started runs on (systemd.timer(5)).
  async stop(): Promise<void> {
    clearInterval(this.#ticking ?? undefined);
    this.#ticking = null;
    this.#next = null;
  }

  properties(): Readonly<Record<string, string>> {
    return {
      SubState: this.#ticking === null ? 'dead' : 'waiting',
      Triggers: this.#service.name,
      Persistent: this.#timer.persistent ? 'yes' : 'no',
    };
  }
}
