import {everyItem} from '../../aws/index.ts';
import type {AuroraWriter, ReadOnlyParameter} from '../contract.ts';
import {type Rds, type RdsClients, undefinedIfMissing} from './rds.ts';

export type SendOptions = {readonly abortSignal?: AbortSignal};

/** The parameters of a group that somebody has set, or whose default is a fixed value. */
export type ParameterValues = ReadonlyMap<string, string>;

/** All parameters of the group are read: the API cannot be asked for a single one. */
export async function valuesIn(
  {sdk, reading}: RdsClients,
  group: string | undefined,
  options: SendOptions,
): Promise<ParameterValues> {
  if (group === undefined) {
    return new Map();
  }
  const parameters = await everyItem(
    sdk.paginateDescribeDBClusterParameters(
      {client: reading},
      {DBClusterParameterGroupName: group},
      options,
    ),
    ({Parameters}) => Parameters,
  );
  return new Map(
    parameters.flatMap(({ParameterName, ParameterValue}) =>
      ParameterName === undefined || ParameterValue === undefined
        ? []
        : [[ParameterName, ParameterValue] as const],
    ),
  );
}

/** `read_only` of a cluster's parameter group, and who else has that group. */
export const readOnlyParameter =
  (rds: Rds, identifier: string) =>
  (abortSignal: AbortSignal): Promise<ReadOnlyParameter | null> =>
    rds.ask(`cluster ${identifier}`, async (clients) => {
      const {sdk, reading} = clients;
      const options = {abortSignal};
      const [cluster] =
        (await everyItem(
          sdk.paginateDescribeDBClusters(
            {client: reading},
            {DBClusterIdentifier: identifier},
            options,
          ),
          ({DBClusters}) => DBClusters,
        ).catch((cause) => undefinedIfMissing(cause, 'DBClusterNotFoundFault'))) ?? [];
      const group = cluster?.DBClusterParameterGroup;
      if (!cluster || group === undefined) {
        return null;
      }
      const [values, others] = await Promise.all([
        valuesIn(clients, group, options),
        othersWith(clients, {identifier, group}, options),
      ]);
      return {group, value: values.get('read_only') ?? null, others};
    });

/** RDS lists all clusters or one: it cannot be asked for those of a group. */
async function othersWith(
  {sdk, reading}: RdsClients,
  {identifier, group}: {readonly identifier: string; readonly group: string},
  options: SendOptions,
): Promise<readonly string[] | null> {
  try {
    const clusters = await everyItem(
      sdk.paginateDescribeDBClusters({client: reading}, {}, options),
      ({DBClusters}) => DBClusters,
    );
    return clusters
      .filter(({DBClusterParameterGroup}) => DBClusterParameterGroup === group)
      .map(({DBClusterIdentifier}) => DBClusterIdentifier ?? 'unknown')
      .filter((name) => name.toLowerCase() !== identifier.toLowerCase());
  } catch (cause) {
    if (cause instanceof Error && /^AccessDenied/.test(cause.name)) {
      return null;
    }
    throw cause;
  }
}

/** A value that was never set is put back as such: `ResetDBClusterParameterGroup` for this one parameter. */
export const setReadOnlyParameter =
  (rds: Rds): AuroraWriter['setReadOnlyParameter'] =>
  async ({group, value, apply}, abortSignal) => {
    abortSignal.throwIfAborted();
    await rds.ask(`parameter group ${group}`, async ({sdk, writing}) => {
      const parameter = {ParameterName: 'read_only', ApplyMethod: apply} as const;
      const input = {DBClusterParameterGroupName: group};
      if (value === null) {
        await writing.send(
          new sdk.ResetDBClusterParameterGroupCommand({...input, Parameters: [parameter]}),
          {abortSignal},
        );
        return;
      }
      await writing.send(
        new sdk.ModifyDBClusterParameterGroupCommand({
          ...input,
          Parameters: [{...parameter, ParameterValue: value}],
        }),
        {abortSignal},
      );
    });
  };
