import type {LabDatabase} from './server.ts';

const ordersAtTheStart = 300;

/** The application's schema, with a few hundred orders of earlier days. */
export async function createShop(source: LabDatabase): Promise<void> {
  await source.session(async (connection) => {
    await connection.query('CREATE DATABASE shop');
    await connection.query('USE shop');
    await connection.query(orders);
    await connection.query(digests);
    const rows = Array.from({length: ordersAtTheStart}, (_, index) => [
      `seed-${String(index + 1).padStart(4, '0')}`,
      0,
      'seed',
    ]);
    await connection.query('INSERT INTO orders (token, client, side) VALUES ?', [rows]);
  });
}

// The token is not unique: a write that arrives twice must be seen twice.
const orders = `
  CREATE TABLE orders (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    token VARCHAR(64) NOT NULL,
    client INT,
    side VARCHAR(16),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    KEY by_token (token)
  ) ENGINE=InnoDB`;

const digests = `
  CREATE TABLE digests (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    made_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    orders INT
  ) ENGINE=InnoDB`;
