import type {Blocked, Problem} from '../../../src/index.ts';

export const parameterUnfit = (
  cluster: string,
  group: string,
  obstacle: Blocked | null,
): Problem => ({
  code: 'aurora-parameter-group-unfit',
  message:
    obstacle?.reason ??
    `Cluster ${cluster} no longer has the parameter group ${group}, so read_only was not changed there.`,
  hint:
    obstacle?.hint ??
    `Check with aws rds describe-db-clusters which parameter group ${cluster} has, then resume.`,
});
