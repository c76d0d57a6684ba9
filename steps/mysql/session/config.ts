import {z} from 'zod';
import type {Login} from './contract.ts';

const account = z.object({user: z.string(), password: z.string()});

/** A server's entry in the inventory. */
export const mysqlConfig = z.object({
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  user: z.string(),
  password: z.string(),
  database: z.string().optional(),
  /** The account with which THIS server logs in on its source. */
  replication: account.optional(),
  /** Encrypts switcharoo's own connection, and checks the server's certificate against `ca`, else the system's. */
  tls: z.object({ca: z.string().optional()}).optional(),
  /** The folder of the clients that dump it: mysqldump and mysql, or mariadb-dump and mariadb. */
  clientFolder: z.string().optional(),
});

/** Only what a connection needs: no other secret leaves this function. */
export const loginOf = ({
  host,
  port,
  user,
  password,
  database,
  tls,
}: z.output<typeof mysqlConfig>): Login => ({host, port, user, password, database, tls});
