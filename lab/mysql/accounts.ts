import type {LabDatabase} from './server.ts';
import type {Brand} from './server-program.ts';

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
        'SELECT, SHOW VIEW, EVENT, TRIGGER, SUPER, RELOAD, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE, CREATE USER ON *.*',
        ...besideSuper[database.brand],
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
    {
      name: 'admin',
      password: passwords.admin,
      grants: [adminGrant, ...pastReadOnly[database.brand]],
      mayGrant: true,
    },
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

// What SUPER no longer holds: MySQL from 8.0 on keeps XA RECOVER for itself, MariaDB from 10.11 on read_only.
const besideSuper: Readonly<Record<Brand, readonly string[]>> = {
  'mysql-5.6': [],
  mysql: ['XA_RECOVER_ADMIN, SYSTEM_USER ON *.*'],
  mariadb: ['READ_ONLY ADMIN ON *.*'],
};

// Aurora's master user as AWS grants it.
const adminGrant =
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.*';

// Its CONNECTION_ADMIN, which read_only does not bind; in older servers nothing but SUPER stands for that.
const pastReadOnly: Readonly<Record<Brand, readonly string[]>> = {
  'mysql-5.6': ['SUPER ON *.*'],
  mysql: ['CONNECTION_ADMIN, XA_RECOVER_ADMIN, SHOW_ROUTINE ON *.*'],
  mariadb: ['SUPER, READ_ONLY ADMIN, REPLICA MONITOR ON *.*'],
};

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
