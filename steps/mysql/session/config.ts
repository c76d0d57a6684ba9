import {z} from 'zod';
import type {Login} from './contract.ts';

export const replicationAccount = z.object({user: z.string(), password: z.string()});

/** How this server checks the server that it replicates from. */
const replicationTls = z
  .object({
    /** On THIS server: the certificates of those that may vouch for the other one. */
    caFile: z.string().optional(),
    /** Whether the other one's certificate must be for the name by which it is reached. */
    verify: z.boolean().default(false),
  })
  .refine(({caFile, verify}) => caFile !== undefined || !verify, 'verify needs a caFile');

/** A server's entry in the inventory. */
export const mysqlConfig = z.object({
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  user: z.string(),
  password: z.string(),
  database: z.string().optional(),
  /** The account with which THIS server logs in on its source. */
  replication: replicationAccount
    .extend({
      /** It does so over TLS. */
      tls: replicationTls.optional(),
    })
    .optional(),
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
