/** How a host holds connections: with nftables, with ipset and iptables, or with iptables and a timer. */
export type HoldWay = 'nft' | 'ipset' | 'iptables';

/** New connections to these ports wait: their first packets are dropped, and clients send them again. */
export interface ConnectionHold {
  readonly ports: readonly number[];
  /** After this time the host lets them through by itself. */
  readonly maxHoldMs: number;
}

export interface HoldState {
  /** The best way that works on this host, or the one by which this run holds; `null` when none works. */
  readonly way: HoldWay | null;
  /** Whether `ss` is there, which lists the open connections. */
  readonly canDrain: boolean;
  /** Connections to the ports that a client may still have a request on. */
  readonly open: number;
  /** What this run has made, and whether it still holds all of the ports. */
  readonly own: {readonly isHolding: boolean; readonly leftMs: number | null} | null;
  /** The holds of other runs on any of the ports, which have not ended. */
  readonly others: readonly string[];
}

/** The connections of one remote address. */
export interface RemoteConnections {
  readonly address: string;
  readonly count: number;
}

/** How the open connections of a held port ended; `left` when they did not in time, and the hold was released. */
export type Drain =
  | {readonly kind: 'drained'; readonly ms: number}
  | {
      readonly kind: 'left';
      readonly ms: number;
      readonly count: number;
      /** Those with the most connections. */
      readonly remotes: readonly RemoteConnections[];
    };

/** The run that holds: it is in the name of all that a hold makes. */
export interface HoldingRun {
  readonly id: string;
}

/** What a short hold without a freeze showed on one host. */
export interface DryHold {
  /** How long the open connections took to end; `null` when they did not while it lasted. */
  readonly drainMs: number | null;
  /** The connections before it, and those that had not ended, by remote address: the ones with the most. */
  readonly before: readonly RemoteConnections[];
  readonly left: readonly RemoteConnections[];
  /** First packets that were dropped: connection attempts that waited. */
  readonly attempts: number | null;
  /** Connections that the host refused or dropped, and that were reset, until 1.5 s after it. */
  readonly refused: number;
  readonly reset: number;
  /** How busy the processors were in that time, and the load of a minute. */
  readonly cpuPercent: number;
  readonly load: number;
}

/** A run and an entry that keep something on a host. */
interface KeepingEntry extends HoldingRun {
  readonly entry: string;
}

export interface HoldReader {
  /** What this entry's dry hold showed, once all hosts have passed it. */
  dryHold(keeper: KeepingEntry, signal: AbortSignal): Promise<DryHold | null>;
  holdState(hold: ConnectionHold, run: HoldingRun, signal: AbortSignal): Promise<HoldState>;
  /** Waits until all connections to the ports that are open now have ended, `limitMs` at most. Newer ones may stay. */
  untilConnectionsEnd(
    ports: readonly number[],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface HoldWriter extends HoldReader {
  /** Holds until it is drained, `holdMs` at most, releases, and says what it showed. */
  tryHold(
    way: HoldWay,
    hold: ConnectionHold,
    holdMs: number,
    run: HoldingRun,
    signal: AbortSignal,
  ): Promise<DryHold>;
  keepDryHold(report: DryHold, keeper: KeepingEntry, signal: AbortSignal): Promise<void>;
  forgetDryHold(keeper: KeepingEntry, signal: AbortSignal): Promise<void>;
  /**
   * Holds new connections, and waits until the open ones have ended, `drainMs` at most: then it lets new ones through
   * again. Performed again, the hold begins again with its whole time.
   */
  holdConnections(
    way: HoldWay,
    hold: ConnectionHold,
    drainMs: number,
    run: HoldingRun,
    signal: AbortSignal,
  ): Promise<Drain>;
  /** Lets new connections through, and removes all that the hold has made. */
  releaseConnections(way: HoldWay, run: HoldingRun, signal: AbortSignal): Promise<void>;
}
