/** A unit as systemd and the disk show it. */
export interface UnitState {
  readonly unit: string;
  /** The name in systemd, where `unit` is an alias. */
  readonly id: string;
  /** `loaded`, `not-found`, `masked`, … */
  readonly loadState: string;
  /** `active`, `inactive`, `failed`, `activating`, … */
  readonly activeState: string;
  /** `enabled`, `disabled`, `static`, … */
  readonly unitFileState: string;
  /** The drop-in of this entry: on the disk and read by systemd, neither, or only one of them. */
  readonly block: 'none' | 'half' | 'whole';
  readonly dropInFolder: boolean;
  /** Drop-ins that other runs left. */
  readonly otherBlocks: readonly string[];
  readonly triggeredBy: readonly string[];
  readonly triggers: readonly string[];
  /** Whether it can be started again once it is stopped: not a transient unit, nor a masked one. */
  readonly restartable: boolean;
  /** Whether it can be stopped by hand. */
  readonly stoppable: boolean;
  /** Whether its file or a drop-in is another one by now than the one that systemd has read. */
  readonly needsReload: boolean;
  /** Running units that are stopped with it, because they require a unit that stops or are a part of it; no targets. */
  readonly alsoStops: readonly string[];
  /** Running targets that are stopped with it: a target runs nothing. */
  readonly stopsTargets: readonly string[];
  /** Units that do not run now, and that a start of this one starts too. */
  readonly alsoStarts: readonly string[];
  /** Units that systemd starts when this one has ended (systemd.unit(5), OnSuccess=). */
  readonly startsAfter: readonly string[];
  /** How long systemd lets it take to stop, or to start, before it kills it; infinite where it never does. */
  readonly stopMs: number;
  readonly startMs: number;
  /** Drop-ins that are read after that of this entry, and cancel its condition. */
  readonly cancels: readonly string[];
  /** Files of that name which belong to the managers of users, where this host's systemd has no such unit. */
  readonly userFiles: readonly string[];
  /** The instances that systemd knows of a template. */
  readonly instances: readonly string[];
  /** A timer that makes up for a missed run as soon as it is started (systemd.timer(5), Persistent=). */
  readonly persistent: boolean;
}
