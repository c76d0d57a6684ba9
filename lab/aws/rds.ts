import type {Measure} from './cloudwatch.ts';
import {
  type Cluster,
  clusterTree,
  groupTree,
  instanceTree,
  type LabCluster,
  parameterTrees,
  withDefaults,
} from './rds-cluster.ts';
import {type Operation, page, selected} from './rds-form.ts';
import {ClusterLifecycle, type LifecycleOptions} from './rds-lifecycle.ts';
import {type Applied, parameterWrites} from './rds-parameters.ts';
import {snapshotOperations} from './rds-snapshots.ts';
import {AwsError, queryReply} from './replies.ts';
import type {AwsRequest, AwsService} from './service.ts';

export interface Rds extends AwsService {
  /** What CloudWatch measures of the instances. */
  readonly measure: Measure;
  /** Changes what a cluster answers from now on. */
  change(identifier: string, changes: Partial<LabCluster>): void;
  /**
   * The states that a cluster, or its writer, has from now on: each for one description of it, and the last one for
   * good. So RDS shows `rebooting` and then `available`.
   */
  passThrough(identifier: string, part: Part, states: readonly string[]): void;
  /** The first reader of a cluster becomes its writer. */
  failOver(identifier: string): void;
  /** What its instances have after a restart. */
  parameter(identifier: string, name: string): string | undefined;
}

type Part = 'cluster' | 'writer';

interface Coming {
  readonly identifier: string;
  readonly part: Part;
  readonly states: readonly string[];
}

/** Which states a description shows. */
const describedBy: Readonly<Record<string, Part>> = {
  DescribeDBClusters: 'cluster',
  DescribeDBInstances: 'writer',
};

interface RdsOptions extends LifecycleOptions {
  readonly clusters: readonly LabCluster[];
  /** What `immediate` does to the running instances of a cluster. */
  readonly applied?: Applied;
}

const namespace = 'http://rds.amazonaws.com/doc/2014-10-31/';

/** RDS of the lab: what the API says about clusters. The database itself is one of the lab's servers. */
export function createRds(options: RdsOptions): Rds {
  const clusters: Clusters = new Map(
    options.clusters.map((cluster) => [cluster.identifier, withDefaults(cluster)]),
  );
  const operations = {
    ...new ClusterLifecycle(clusters, options).operations,
    ...parameterWrites(clusters, options.applied),
    ...descriptionsOf(clusters),
    ...snapshotOperations(clusters, options),
  };
  const coming = new Map<string, Coming>();
  const change: Rds['change'] = (identifier, changes) => {
    const [cluster] = selected([...clusters], identifier, 'DBClusterNotFoundFault', 'DBCluster');
    if (cluster) {
      clusters.set(identifier, {...cluster, ...changes});
    }
  };
  const show = (identifier: string, part: Part, status: string): void => {
    const {members = []} = clusters.get(identifier) ?? {};
    change(
      identifier,
      part === 'cluster'
        ? {status}
        : {members: members.map((member) => (member.writer ? {...member, status} : member))},
    );
  };
  const moveOn = (described: Part): void => {
    for (const [key, {identifier, part, states}] of coming) {
      const [next, ...later] = states;
      if (part === described && next !== undefined) {
        show(identifier, part, next);
        coming.set(key, {identifier, part, states: later});
      }
    }
  };
  return {
    signingName: 'rds',
    handle: async ({body}: AwsRequest) => {
      const form = new URLSearchParams(body);
      const action = form.get('Action') ?? '';
      const operation = operations[action];
      if (!operation) {
        const version = form.get('Version');
        throw new AwsError(
          'InvalidAction',
          `Could not find operation ${action} for version ${version}`,
        );
      }
      const described = describedBy[action];
      if (described) {
        moveOn(described);
      }
      return queryReply(action, namespace, await operation(form));
    },
    measure: measureOf(clusters),
    change,
    passThrough: (identifier, part, states) => {
      coming.set(`${identifier} ${part}`, {identifier, part, states});
    },
    parameter: (identifier, name) => clusters.get(identifier)?.parameters[name],
    failOver: (identifier) => {
      const {members = []} = clusters.get(identifier) ?? {};
      const next = members.find(({writer}) => !writer);
      change(identifier, {
        members: members.map((member) => ({...member, writer: member === next})),
      });
    },
  };
}

type Clusters = Map<string, Cluster>;

/** The operations that describe and change nothing. */
const descriptionsOf = (clusters: Clusters): Readonly<Record<string, Operation>> => ({
  DescribeDBClusters: (form) => {
    const identifier = form.get('DBClusterIdentifier');
    const described = selected([...clusters], identifier, 'DBClusterNotFoundFault', 'DBCluster');
    return page('DBClusters', 'DBCluster', described.map(clusterTree), form);
  },
  DescribeDBInstances: (form) => {
    const clusterIdentifier = form.get('Filters.Filter.1.Values.Value.1');
    const instances = [...clusters.values()]
      .filter(({identifier}) => clusterIdentifier === null || identifier === clusterIdentifier)
      .flatMap((cluster) =>
        cluster.members.map((member) => [member.identifier, {cluster, member}] as const),
      );
    const identifier = form.get('DBInstanceIdentifier');
    const described = selected(instances, identifier, 'DBInstanceNotFound', 'DBInstance');
    return page('DBInstances', 'DBInstance', described.map(instanceTree), form);
  },
  DescribeDBClusterParameterGroups: (form) => {
    const groups = groupsIn(clusters, form.get('DBClusterParameterGroupName'));
    const trees = groups.map(groupTree);
    return page('DBClusterParameterGroups', 'DBClusterParameterGroup', trees, form);
  },
  DescribeDBClusterParameters: (form) => {
    const [group] = groupsIn(clusters, form.get('DBClusterParameterGroupName') ?? '');
    return page('Parameters', 'Parameter', parameterTrees(group?.parameters ?? {}), form);
  },
});

/** Each cluster has a parameter group of its own. */
const groupsIn = (clusters: Clusters, name: string | null): readonly Cluster[] =>
  selected(
    [...clusters.values()].map((cluster) => [cluster.parameterGroup, cluster] as const),
    name,
    'DBParameterGroupNotFound',
    'DBClusterParameterGroup',
  );

const measureOf =
  (clusters: Clusters): Measure =>
  ({namespace, name, dimensions}) => {
    const member = [...clusters.values()]
      .flatMap(({members}) => members)
      .find(({identifier}) => identifier === dimensions['DBInstanceIdentifier']);
    const free = member?.free ?? ofLarge;
    return namespace !== 'AWS/RDS' || !member || free === 'not measured yet'
      ? []
      : ({FreeLocalStorage: [free.localStorage], FreeableMemory: [free.memory]}[name] ?? []);
  };

/** Of a db.r6g.large with little to do: 16 GiB of memory, of which three quarters are the buffer pool. */
const ofLarge = {localStorage: 28 * 1_024 ** 3, memory: 3 * 1_024 ** 3};
