/** One fact about the systems, in the roles of the unit that names it. */
export type SystemFact<Role extends string = string> = FollowedFact<Role> | NightlyFact<Role>;

/** What one entry does for the time of the cutover, and a later one ends. */
type NightlyFact<Role extends string> =
  /** Whether visitors see a maintenance page. */
  | {readonly fact: 'page'; readonly of: Role; readonly is: 'shown' | 'removed'}
  /** Whether alarms call nobody. */
  | {readonly fact: 'alarms'; readonly of: Role; readonly are: 'muted' | 'acting'};

/** `verify` follows these facts through every failure and every choice. */
export type FollowedFact<Role extends string = string> =
  /** Whether a database takes the application's writes. */
  | {readonly fact: 'writes'; readonly of: Role; readonly are: 'accepted' | 'refused'}
  /** Whether a freeze of a database lasts until it is reversed, or may end by itself at any time. */
  | {readonly fact: 'freeze'; readonly of: Role; readonly lasts: boolean}
  /** `to` replicates from `from`. Without `from`, a stop ends replication from anywhere. */
  | {
      readonly fact: 'replication';
      readonly from: Role;
      readonly to: Role;
      readonly is: 'running' | 'stopped';
      /** Its reversal waits until `to` has everything that `from` has, and only then stops. */
      readonly drains?: boolean;
    }
  | {readonly fact: 'replication'; readonly to: Role; readonly is: 'stopped'}
  /** `to` has executed everything that `from` had written. */
  | {readonly fact: 'caught-up'; readonly from: Role; readonly to: Role}
  /** Changes nothing. Its reversal waits until `to` has everything that `from` has; replication runs on. */
  | {readonly fact: 'drained'; readonly from: Role; readonly to: Role}
  /** Where visitors arrive: through the name, or through a proxy or balancer in front of the old side. */
  | {
      readonly fact: 'traffic';
      readonly by: 'dns' | 'proxy' | 'balancer';
      readonly leadsTo: 'old' | 'new' | 'both';
    }
  /** Whether the application of a side answers its visitors. */
  | {readonly fact: 'application'; readonly of: Role; readonly is: 'running' | 'stopped'}
  /** Whether a port is closed, except for a few addresses. */
  | {readonly fact: 'port'; readonly of: Role; readonly is: 'closed' | 'open'}
  /** Whether new connections wait, or are let through. */
  | {readonly fact: 'connections'; readonly of: Role; readonly are: 'held' | 'released'}
  /** A gate has proven that the new side answers visitors. The next rollout or shift of traffic needs a new proof. */
  | {readonly fact: 'answers'; readonly of: Role}
  /** `to`, a database or a zone, is a copy of other data. It counts as equal only once a gate has compared it. */
  | {readonly fact: 'copied'; readonly to: Role}
  /** A gate has proven that `to` has the same content as `from`. */
  | {readonly fact: 'compared'; readonly from: Role; readonly to: Role}
  /**
   * A domain is delegated to the name servers of the zone `to`, and no more to those of the zone `from`. `settled`: no
   * resolver that honours TTLs asks the earlier ones.
   */
  | {
      readonly fact: 'delegation';
      readonly from: Role;
      readonly to: Role;
      readonly is: 'changed';
    }
  | {readonly fact: 'delegation'; readonly to: Role; readonly is: 'settled'}
  /**
   * The DS records at the parent, for keys that only the name servers of the zone `of` have. `removed`: resolvers may
   * still hold them. `expired`: none does.
   */
  | {readonly fact: 'ds'; readonly of: Role; readonly are: 'removed' | 'expired'}
  /** Whether the number of a service's tasks changes by itself. */
  | {readonly fact: 'scaling'; readonly of: Role; readonly is: 'suspended' | 'restored'}
  /** Whether what works on the new side's database without a visitor runs: tasks of a service, schedules. */
  | {readonly fact: 'workers'; readonly of: Role; readonly are: 'running' | 'stopped'};

/**
 * What a unit makes true, in this order. A reversal makes true again what was true before. An empty list says that none
 * of these facts changes.
 */
export type Effects<Role extends string, Input> =
  | readonly SystemFact<Role>[]
  | ((input: Input) => readonly SystemFact<Role>[]);

export const isFollowed = (fact: SystemFact): fact is FollowedFact =>
  fact.fact !== 'page' && fact.fact !== 'alarms';

/** Whether a unit holds new connections, or releases them, whatever its input. */
export const makesConnections = (
  {effects}: {readonly effects?: Effects<string, never> | Effects<string, unknown>},
  are: 'held' | 'released',
): boolean =>
  Array.isArray(effects) &&
  effects.some((effect) => effect.fact === 'connections' && effect.are === are);

/** The targets of one side of a cutover, by their names in the runbook. */
interface Side {
  /** Where an entry changes whether it accepts writes. */
  readonly database?: string;
  /** What answers its visitors, where an entry starts or stops it. */
  readonly application?: string;
  /** The hosts of its database: its visitors are not served while an entry keeps a port of them closed. */
  readonly databaseHosts?: string;
}

/** Where the visitors are before a cutover, and where they are after it. */
export interface Sides {
  readonly old: Side;
  readonly new: Side;
}
