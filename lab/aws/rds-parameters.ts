import type {Cluster} from './rds-cluster.ts';
import {type Operation, required} from './rds-form.ts';
import {AwsError} from './replies.ts';

/** Sets a dynamic parameter on the running instances of a cluster; `undefined` is the family's default. */
export type Applied = (cluster: string, name: string, value: string | undefined) => Promise<void>;

interface Change {
  readonly name: string;
  readonly value: string | undefined;
  readonly method: string;
}

/**
 * The operations that change a cluster parameter group (RDS API reference, ModifyDBClusterParameterGroup and
 * ResetDBClusterParameterGroup). With `immediate` the running instances have the value a moment later; with
 * `pending-reboot` they have it after a reboot, and are `pending-reboot` until then. A default group is refused.
 */
export function parameterWrites(
  clusters: Map<string, Cluster>,
  applied: Applied = async () => {},
): Readonly<Record<string, Operation>> {
  const write = (form: URLSearchParams, valueAt: (prefix: string) => string | undefined) => {
    const group = required(form, 'DBClusterParameterGroupName');
    const users = usersOf(clusters, group);
    const changes = changesIn(form, valueAt);
    for (const cluster of users) {
      clusters.set(cluster.identifier, changed(cluster, changes));
      for (const {name, value, method} of changes) {
        if (method === 'immediate') {
          // An instance that is down has it when it starts.
          applied(cluster.identifier, name, value).catch(() => {});
        }
      }
    }
    return {DBClusterParameterGroupName: group};
  };
  return {
    ModifyDBClusterParameterGroup: (form) =>
      write(form, (prefix) => required(form, `${prefix}.ParameterValue`)),
    ResetDBClusterParameterGroup: (form) => write(form, () => undefined),
  };
}

function usersOf(clusters: Map<string, Cluster>, group: string): readonly Cluster[] {
  const users = [...clusters.values()].filter(({parameterGroup}) => parameterGroup === group);
  if (users.length === 0) {
    throw new AwsError(
      'DBParameterGroupNotFound',
      `DBClusterParameterGroup ${group} not found.`,
      404,
    );
  }
  if (group.startsWith('default.')) {
    throw new AwsError('InvalidParameterValue', `The parameter group ${group} cannot be modified.`);
  }
  return users;
}

function changesIn(
  form: URLSearchParams,
  valueAt: (prefix: string) => string | undefined,
): readonly Change[] {
  const changes: Change[] = [];
  for (let number = 1; form.has(`Parameters.Parameter.${number}.ParameterName`); number += 1) {
    const prefix = `Parameters.Parameter.${number}`;
    const name = required(form, `${prefix}.ParameterName`);
    const method = required(form, `${prefix}.ApplyMethod`);
    if (name === 'binlog_format' && method === 'immediate') {
      throw new AwsError(
        'InvalidParameterCombination',
        'cannot use immediate apply method for static parameter',
      );
    }
    changes.push({name, value: valueAt(prefix), method});
  }
  return changes;
}

function changed(cluster: Cluster, changes: readonly Change[]): Cluster {
  const values = Object.fromEntries(changes.map(({name, value}) => [name, value]));
  const waits = changes.some(({method}) => method === 'pending-reboot');
  return {
    ...cluster,
    parameters: {...cluster.parameters, ...values},
    members: waits
      ? cluster.members.map((member) => ({...member, parameterGroupStatus: 'pending-reboot'}))
      : cluster.members,
  };
}
