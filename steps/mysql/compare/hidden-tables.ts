import {type Blocked, blocked} from '../../../src/index.ts';
import {hasEverywhere, ownGrants} from '../accounts/grants.ts';
import type {MysqlReader} from '../contract.ts';
import {quoted} from './row-text.ts';

/**
 * A server shows an account only the tables that it may read: of the others a comparison would not know, on neither
 * side. `null` where the account may read all that is to be compared.
 */
export async function hiddenTables(
  server: MysqlReader,
  schemas: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const {own} = await ownGrants((sql) => server.query(sql, [], signal));
  const mayRead = (scope: string) =>
    ['SELECT', 'ALL PRIVILEGES'].some((privilege) => own.get(scope)?.has(privilege));
  return hasEverywhere(own, ['SELECT']) ||
    schemas?.every((schema) => mayRead(`${quoted(schema)}.*`))
    ? null
    : blocked(
        `The account ${server.user} lacks SELECT ON *.* on ${server.name}, so it cannot see every table, and the comparison would miss the hidden ones.`,
        `GRANT SELECT ON *.* to the account on ${server.name}, or list in schemas only those that the account can read completely.`,
      );
}
