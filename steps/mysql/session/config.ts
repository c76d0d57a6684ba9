import {z} from 'zod';

const account = z.object({user: z.string(), password: z.string()});

/** A server's entry in the inventory. */
export const mysqlConfig = z.object({
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  user: z.string(),
  password: z.string(),
  database: z.string().optional(),
  /** The account with which THIS server logs in on a server that it follows. */
  replication: account.optional(),
  /** Encrypts switcharoo's own connection, and checks the server's certificate: against `ca`, else the system's. */
  tls: z.object({ca: z.string().optional()}).optional(),
  /** Where the clients are with which it is dumped: mysqldump and mysql, or mariadb-dump and mariadb. */
  clientFolder: z.string().optional(),
});
