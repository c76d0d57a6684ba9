import type {LabHost} from './hosts/host.ts';
import type {Databases} from './mysql/topology.ts';
import {type SidesReport, watchSides} from './side-watch.ts';

/** What must never happen in a cutover, as the lab watches it all the time. */
export interface WatchReport {
  readonly sides: SidesReport;
  /** Connections that were held for longer than their bound. */
  readonly overheld: readonly OverheldPort[];
  /** Hosts whose connections are held now. */
  readonly held: readonly string[];
}

interface OverheldPort {
  readonly host: string;
  readonly port: number;
  readonly ms: number;
  readonly boundMs: number;
}

/** A timer of this process comes late on a busy machine. */
const toleranceMs = 100;

/** Begins at once, and ends with the lab. */
export function startWatch({source, aurora}: Databases) {
  const sides = watchSides({source, aurora});
  return {
    report: (hosts: readonly LabHost[]): WatchReport => ({
      sides: sides.report(),
      overheld: hosts.flatMap((host) =>
        host
          .holdSpans()
          .filter(({ms, boundMs}) => ms > boundMs + toleranceMs)
          .map((span) => ({host: host.name, ...span})),
      ),
      held: hosts
        .filter(({ports, holds}) => ports.some((port) => holds(port)))
        .map(({name}) => name),
    }),
    stop: () => sides.stop(),
  };
}
