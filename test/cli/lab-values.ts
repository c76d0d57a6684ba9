import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import mysql from 'mysql2/promise';
import type {Desk} from './switcharoo.ts';

/** What the lab of a desk tells its inventory, by name; undefined where it tells no such thing. */
export function labValues(desk: Desk): (name: string) => string | undefined {
  const text = readFileSync(join(desk.stateFolder, 'lab.env'), 'utf8');
  return (name) => new RegExp(`^(?:export )?${name}='?([^'\n]*)`, 'm').exec(text)?.[1];
}

/** Runs a statement on Aurora itself, as an operator's own client would: read_only does not bind its account. */
export async function onAurora(desk: Desk, sql: string): Promise<void> {
  const value = labValues(desk);
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port: Number(value('LAB_AURORA_PORT')),
    user: 'admin',
    password: value('LAB_ADMIN_PASSWORD') ?? '',
  });
  await connection.query(sql);
  await connection.end();
}
