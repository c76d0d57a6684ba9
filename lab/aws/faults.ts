/**
 * What goes wrong with a call. `cut-after` is the cruel one: it was done, and nobody hears of it. `prior-request` is
 * Route 53's own. `refuse` answers with any other code. `empty-page`: a list begins with a page of nothing.
 */
type FaultKind =
  | 'throttle'
  | 'prior-request'
  | 'server-error'
  | 'deny'
  | 'refuse'
  | 'empty-page'
  | 'cut-before'
  | 'cut-after'
  | 'silence'
  | 'delay';

export interface Fault {
  /** The signing name: `route53`, `rds`, `ecs`, `elasticloadbalancing`; `*` for all. */
  readonly service: string;
  /** Such as `ChangeResourceRecordSets`; without it, every operation of the service. */
  readonly operation?: string;
  readonly kind: FaultKind;
  /** How many calls it hits; 1 unless told, `Infinity` until cleared. */
  readonly times?: number;
  /** For `throttle` and `refuse`, in place of the family's own: `ConflictException`, with 409. */
  readonly code?: string;
  readonly status?: number;
  /** For `delay`: how long an answer is held back. */
  readonly delayMs?: number;
}

/** The switches of the lab: which of the next calls go wrong, and how. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that hits this call, and one time less of it. The oldest that fits comes first. */
  take(service: string, operation: string): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: {fault: Fault; left: number}[] = [];
  return {
    add: (fault) => void waiting.push({fault, left: fault.times ?? 1}),
    clear: () => {
      waiting = [];
    },
    take: (service, operation) => {
      const hit = waiting.find(
        ({fault, left}) =>
          left > 0 &&
          (fault.service === '*' || fault.service === service) &&
          (fault.operation === undefined || fault.operation === operation),
      );
      if (hit) {
        hit.left -= 1;
      }
      return hit?.fault;
    },
  };
}
