/** What can go wrong with tasks, switched on and off by image. */
export interface EcsFaults {
  /** No registry has this image: `CannotPullContainerError`. */
  missingImage(image: string): void;
  /** Its process ends right after it ran. `*` is every image. */
  crash(image: string, exitCode: number): void;
  /** The load balancer cannot reach its tasks (a wrong security group): they never become healthy. */
  unreachable(image: string): void;
  /** No container instance has capacity for another task. */
  noCapacity(reason: 'CPU' | 'MEMORY'): void;
  /** After the next updates, so many reads of a service show its old state, however late they come. */
  staleReads(count: number): void;
  clear(): void;
}

export interface FaultState {
  readonly missing: Set<string>;
  readonly crashing: Map<string, number>;
  readonly unreachable: Set<string>;
  noCapacity: 'CPU' | 'MEMORY' | undefined;
  staleReads: number;
}

export const noFaults = (): FaultState => ({
  missing: new Set(),
  crashing: new Map(),
  unreachable: new Set(),
  noCapacity: undefined,
  staleReads: 0,
});

/** With which exit code its process ends, if it does. */
export const crashCode = ({crashing}: FaultState, image: string): number | undefined =>
  crashing.get(image) ?? crashing.get('*');

export const switches = (state: FaultState): EcsFaults => ({
  missingImage: (image) => void state.missing.add(image),
  crash: (image, exitCode) => void state.crashing.set(image, exitCode),
  unreachable: (image) => void state.unreachable.add(image),
  noCapacity: (reason) => {
    state.noCapacity = reason;
  },
  staleReads: (count) => {
    state.staleReads = count;
  },
  clear: () => Object.assign(state, noFaults()),
});
