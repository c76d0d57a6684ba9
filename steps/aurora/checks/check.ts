import {type CheckWords, type Found, type Survey, survey} from '../../../src/index.ts';
import {type Facts, factsOf, type MysqlReader} from '../../mysql/index.ts';
import type {ClusterState} from '../cluster/rds.ts';
import type {AuroraReader} from '../target.ts';

/** What the checks of a cluster may look at; everything is read once in a look. */
export interface Beside {
  readonly aurora: Facts;
  readonly reader: AuroraReader;
  /** What the RDS API says; `null` when it knows no such cluster. */
  cluster(): Promise<ClusterState | null>;
  /** The server that is migrated, and its dedicated replica, which Aurora follows; without one it is the same server. */
  readonly source: Facts;
  readonly replica: Facts;
}

export interface AuroraCheck extends CheckWords {
  /** `cluster`: from the RDS API. `server`: from Aurora alone. `beside`: held against the source. */
  readonly looksAt: 'cluster' | 'server' | 'beside';
  find(beside: Beside): Promise<readonly Found[]>;
}

export interface LookOver {
  readonly aurora: AuroraReader;
  /** Without a source nothing can be held against it. */
  readonly source: MysqlReader | undefined;
  readonly replica: MysqlReader | undefined;
  readonly signal: AbortSignal;
  readonly trouble: 'told' | 'thrown';
}

export function lookOver(
  checks: readonly AuroraCheck[],
  {aurora, source, replica = source, signal, trouble}: LookOver,
): Promise<Survey> {
  let cluster: Promise<ClusterState | null> | undefined;
  const facts = factsOf(aurora, signal);
  const sourceFacts = source ? factsOf(source, signal) : facts;
  const beside: Beside = {
    aurora: facts,
    reader: aurora,
    cluster: () => {
      cluster ??= aurora.cluster(signal);
      return cluster;
    },
    source: sourceFacts,
    replica: replica && replica !== source ? factsOf(replica, signal) : sourceFacts,
  };
  const wanted = checks.filter(({looksAt}) => source || looksAt !== 'beside');
  return survey(wanted, aurora.name, (check) => check.find(beside), trouble);
}
