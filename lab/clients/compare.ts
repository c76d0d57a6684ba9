import {tokensIn} from './ledger.ts';

type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

interface Comparison {
  /** How many writes the clients were told had happened. */
  readonly acknowledged: number;
  /** Tokens that were acknowledged and are not in the database. */
  readonly lost: readonly string[];
  /** Tokens that are in the database more than once, acknowledged or not. */
  readonly duplicated: readonly string[];
}

/** Holds the clients' ledger against the orders of the database that ended up in charge. */
export async function compare(ledger: string, query: Query): Promise<Comparison> {
  const acknowledged = tokensIn(ledger);
  const rows = await query('SELECT token, COUNT(*) AS times FROM shop.orders GROUP BY token');
  const times = new Map(rows.map((row) => [String(row['token']), Number(row['times'])]));
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((token) => !times.has(token)),
    duplicated: [...times].filter(([, count]) => count > 1).map(([token]) => token),
  };
}
