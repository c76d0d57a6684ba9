import {type Blocked, blocked, SwitcharooError} from '../../../src/index.ts';
import type {AuroraReader, AuroraWriter, ReadOnlyParameter} from '../contract.ts';
import {parameterUnfit} from './problems.ts';

/** `read_only` of an instance after a reboot or a failover: it refuses writes. */
export const refusing = '1' as const;

/** What an account needs to change `read_only` of the group of one cluster. */
export const parameterRights = [
  'rds:DescribeDBClusters (all clusters: none may share the group)',
  'rds:DescribeDBClusterParameters',
  'rds:ModifyDBClusterParameterGroup',
  'rds:ResetDBClusterParameterGroup',
] as const;

/** Why the group must not be changed; `null` where it belongs to this cluster alone. */
export function groupObstacle(
  {clusterIdentifier}: AuroraReader,
  {group, others}: ReadOnlyParameter,
): Blocked | null {
  if (group.startsWith('default.')) {
    return blocked(
      `Cluster ${clusterIdentifier} has the parameter group ${group}, and RDS does not allow changes to a default group.`,
      'Create a cluster parameter group for this cluster alone, attach it, and reboot the writer, days before the cutover.',
    );
  }
  if (others === null) {
    return blocked(
      `Other clusters may have the parameter group ${group}: AWS does not allow this account to list them.`,
      'Allow rds:DescribeDBClusters for all clusters of the region.',
    );
  }
  return others.length === 0
    ? null
    : blocked(
        `${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} the parameter group ${group} too, so a change of read_only would apply there as well.`,
        'Create a cluster parameter group for this cluster alone, attach it, and reboot the writer, days before the cutover.',
      );
}

export const noCluster = ({clusterIdentifier}: AuroraReader): Blocked =>
  blocked(
    `RDS has no cluster ${clusterIdentifier} in this account and region.`,
    "Correct clusterIdentifier or region in the inventory's entry.",
  );

/** The value of a group, in words. */
export const valueText = (value: string | null): string => value ?? '0 (the default)';

/**
 * The running instances keep what the run has given them: RDS sets the value there too only where they have it already,
 * at a moment of its own choice. Otherwise it waits for their next reboot.
 */
export const setParameter = (group: string, value: string | null) =>
  ({
    on: 'aurora',
    does:
      value === null
        ? `reset read_only in parameter group ${group} to its default`
        : `set read_only = ${value} in parameter group ${group}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal): Promise<void> => {
      const [parameter, {readOnly}] = await Promise.all([
        aurora.readOnlyParameter(signal),
        aurora.fence(signal),
      ]);
      const obstacle = parameter && groupObstacle(aurora, parameter);
      if (!parameter || parameter.group !== group || obstacle) {
        throw new SwitcharooError(parameterUnfit(aurora.clusterIdentifier, group, obstacle));
      }
      if (parameter.value === value) {
        return;
      }
      const apply = (value === refusing) === readOnly ? 'immediate' : 'pending-reboot';
      await aurora.setReadOnlyParameter({group, value, apply}, signal);
    },
  }) as const;
