/** What units share, and what a limit may be set for. */
export const sharedResources = ['databaseHost', 'zone', 'cluster', 'account', 'team'] as const;
export type SharedResource = (typeof sharedResources)[number];

/** What a target may share with other units, as its inventory says it: the same text for the same system. */
export interface SharedSystems {
  readonly databaseHost?: string;
  readonly zone?: string;
  readonly cluster?: string;
  readonly account?: string;
  /** How many requests to Route 53 it sends in a second, of the five that an account may send. */
  readonly route53RequestsPerSecond?: number;
  /** No two units may change it: the service itself. */
  readonly service?: string;
}

/** One service to move: a runbook with the inventory and the parameters of that service. */
interface FleetUnit {
  /** A file, or the name of one in `runbooks/`. */
  readonly runbook: string;
  /** A file, or the name of one in `inventories/`. */
  readonly inventory: string;
  /** Parameters of the runbook, beside those of the inventory. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Target of the runbook to target of the inventory, where their names differ. */
  readonly targets?: Readonly<Record<string, string>>;
  /**
   * By entry: what was decided about a question of the runbook before the night, with a note. It is approved with the
   * wave. Every other question waits for a person.
   */
  readonly answers?: Readonly<Record<string, string>>;
  /** Who looks after the service. A limit may be set for a team. */
  readonly team?: string;
  /** Only runners that were started with `--network` and this name reach its systems. */
  readonly network?: string;
  /** Units that must be done before this one begins: of this wave, or of an earlier one. */
  readonly after?: readonly string[];
}

/** Units that are started together. */
interface FleetWave {
  /** By name: lower-case letters, digits and hyphens, once in the whole fleet. */
  readonly units: Readonly<Record<string, FleetUnit>>;
  /** Roles of PostgreSQL that may approve the wave, and how many of them must; without it, nobody is asked. */
  readonly approve?: {readonly by: readonly string[]; readonly of: number};
}

export interface Fleet {
  readonly name: string;
  /** How many units may be under way at once: in all, and of those that share a resource. Without one: no limit. */
  readonly atOnce?: {readonly [Resource in SharedResource | 'units']?: number};
  /** By name. A wave starts when all units of the earlier ones are done or left out. */
  readonly waves: Readonly<Record<string, FleetWave>>;
}

/**
 * Names the services of a fleet and the waves in which they move: the default export of a file such as `waves.ts`.
 *
 * @example
 * export default defineFleet({
 *   name: 'to-aws',
 *   atOnce: {units: 8, databaseHost: 1, account: 4},
 *   waves: {
 *     pilot: {units: {blog: {runbook: 'seamless-cutover', inventory: 'blog'}}},
 *     shops: {
 *       approve: {by: ['kim', 'lee'], of: 1},
 *       units: {
 *         stock: {runbook: 'seamless-cutover', inventory: 'stock', team: 'shops'},
 *         shop: {runbook: 'seamless-cutover', inventory: 'shop', team: 'shops', after: ['stock']},
 *       },
 *     },
 *   },
 * });
 */
export const defineFleet = (fleet: Fleet): Fleet => fleet;

export interface PlacedUnit extends FleetUnit {
  readonly id: string;
  readonly wave: string;
  readonly after: readonly string[];
}

/** All units, in the order in which they may begin: after those that they wait for, else as written. */
export function unitsOf(fleet: Fleet): readonly PlacedUnit[] {
  const written = Object.entries(fleet.waves).flatMap(([wave, {units}]) =>
    Object.entries(units).map(([id, unit]) => ({...unit, id, wave, after: unit.after ?? []})),
  );
  const left = new Map(written.map((unit) => [unit.id, unit]));
  const ordered: PlacedUnit[] = [];
  const place = (unit: PlacedUnit): void => {
    if (left.delete(unit.id)) {
      for (const before of unit.after) {
        const earlier = left.get(before);
        if (earlier?.wave === unit.wave) {
          place(earlier);
        }
      }
      ordered.push(unit);
    }
  };
  written.forEach(place);
  return ordered;
}
