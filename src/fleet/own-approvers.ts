import {fleetGrants} from './grants.ts';
import type {Asked} from './rows.ts';

/**
 * Acts as a role in the PostgreSQL of a state folder until the transaction ends. Anybody who can use the state folder
 * owns its PostgreSQL, so this proves nothing: it makes a trial like the real cutover.
 */
export async function actAs(client: Asked, role: string): Promise<void> {
  const {rows} = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rows.length === 0) {
    await makeApprover(client, role);
  }
  await client.query("SELECT set_config('session_authorization', $1, true)", [role]);
}

const approvers = 'switcharoo_fleet_approver';

/** With the rights of an approver and no others, as an administrator would create it. */
async function makeApprover(client: Asked, role: string): Promise<void> {
  const {rows} = await client.query(
    `SELECT format('CREATE ROLE %I NOLOGIN', $1::text) AS make,
       format('GRANT %I TO %I', $2::text, $1::text) AS join,
       EXISTS (SELECT FROM pg_roles WHERE rolname = $2) AS "hasGroup"`,
    [role, approvers],
  );
  const [{make, join, hasGroup}] = rows;
  const rights = fleetGrants.find((each) => each.role === approvers)?.statements ?? [];
  const group = hasGroup ? [] : [`CREATE ROLE ${approvers} NOLOGIN`];
  for (const statement of [...group, ...rights, make, join]) {
    await client.query(statement);
  }
}
