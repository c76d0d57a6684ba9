import type {LabDatabase} from './server.ts';

/** The password of each account of the lab's databases. */
export interface Passwords {
  readonly root: string;
  readonly shop: string;
  readonly switcharoo: string;
  readonly admin: string;
  readonly repl: string;
}

/** The accounts of the source and of its replica. */
export async function addAccountsOnPremises(
  database: LabDatabase,
  passwords: Passwords,
): Promise<void> {
  await addAccounts(database, [
    {name: 'shop', password: passwords.shop, grants: [shopGrant]},
    {name: 'repl', password: passwords.repl, grants: [replicationGrant]},
    {
      name: 'switcharoo',
      password: passwords.switcharoo,
      grants: [
        'SELECT, SUPER, RELOAD, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE ON *.*',
        'ALL PRIVILEGES ON `switcharoo`.*',
      ],
    },
  ]);
}

/** The accounts of the Aurora stand-in. */
export async function addAccountsOnAurora(
  database: LabDatabase,
  passwords: Passwords,
): Promise<void> {
  await addAccounts(database, [
    {name: 'shop', password: passwords.shop, grants: [shopGrant]},
    {name: 'repl', password: passwords.repl, grants: [replicationGrant]},
    {name: 'admin', password: passwords.admin, grants: [adminGrant], mayGrant: true},
  ]);
}

interface Account {
  readonly name: string;
  readonly password: string;
  readonly grants: readonly string[];
  readonly mayGrant?: boolean;
}

const shopGrant =
  'SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, CREATE TEMPORARY TABLES, LOCK TABLES ON `shop`.*';
const replicationGrant = 'REPLICATION SLAVE, REPLICATION CLIENT ON *.*';

// Aurora's master user as AWS grants it, and SUPER: in 5.6 nothing else stands for its CONNECTION_ADMIN, which read_only does not bind.
const adminGrant =
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, SUPER ON *.*';

async function addAccounts(database: LabDatabase, accounts: readonly Account[]): Promise<void> {
  await database.session(async (connection) => {
    // An account statement of a 5.6 source stops a newer replica, and each server has its own accounts here.
    await connection.query('SET sql_log_bin = 0');
    for (const {name, password, grants, mayGrant} of accounts) {
      const option = mayGrant ? ' WITH GRANT OPTION' : '';
      await connection.query("CREATE USER ?@'%' IDENTIFIED BY ?", [name, password]);
      for (const grant of grants) {
        await connection.query(`GRANT ${grant} TO ?@'%'${option}`, [name]);
      }
    }
  });
}
