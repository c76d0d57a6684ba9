import {type CheckWords, type Observation, type Survey, survey} from '../../../src/index.ts';
import {type Facts, type FactsLook, factsOf, type MysqlReader} from '../../mysql/index.ts';
import type {AuroraReader, ClusterState} from '../contract.ts';

/** What the checks of a cluster may read; everything is read once. */
export interface Sides {
  readonly aurora: Facts;
  readonly reader: AuroraReader;
  /** From the RDS API; `null` when there is no such cluster. */
  cluster(): Promise<ClusterState | null>;
  /**
   * The server that is migrated, and its dedicated replica, the source of Aurora; without one both are the same
   * server.
   */
  readonly source: Facts;
  readonly replica: Facts;
}

export interface AuroraCheck extends CheckWords {
  /** `cluster`: the RDS API. `server`: Aurora alone. `both`: Aurora and the source. */
  readonly looksAt: 'cluster' | 'server' | 'both';
  find(sides: Sides): Promise<readonly Observation[]>;
}

export interface LookOver {
  readonly aurora: AuroraReader;
  /** Without a source the checks of both sides are left out. */
  readonly source: MysqlReader | undefined;
  readonly replica: MysqlReader | undefined;
  readonly signal: AbortSignal;
  readonly look: FactsLook;
  readonly trouble: 'reported' | 'thrown';
}

export function lookOver(
  checks: readonly AuroraCheck[],
  {aurora, source, replica = source, signal, look, trouble}: LookOver,
): Promise<Survey> {
  let cluster: Promise<ClusterState | null> | undefined;
  const facts = factsOf(aurora, signal, look);
  const sourceFacts = source ? factsOf(source, signal, look) : facts;
  const sides: Sides = {
    aurora: facts,
    reader: aurora,
    cluster: () => {
      cluster ??= aurora.cluster(signal);
      return cluster;
    },
    source: sourceFacts,
    replica: replica && replica !== source ? factsOf(replica, signal, look) : sourceFacts,
  };
  const selected = checks.filter(({looksAt}) => source || looksAt !== 'both');
  return survey(selected, aurora.name, (check) => check.find(sides), trouble);
}
