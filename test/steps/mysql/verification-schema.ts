import {createHash} from 'node:crypto';
import type {TriedServer} from './each-server.ts';

/** Tables of every kind of key, and every kind of value, for the comparison of two servers. */
export async function createProof({
  database,
  kind,
}: Pick<TriedServer, 'database' | 'kind'>): Promise<void> {
  await database.session(async (connection) => {
    await connection.query("SET SESSION sql_mode = ''");
    for (const statement of statements(kind.name === 'MySQL 9')) {
      await connection.query(statement);
    }
    const rows = Array.from({length: peopleAtTheStart}, (_, index) => [
      `person ${index}`,
      index % 3 === 0 ? null : `note ${index % 7}`,
      Buffer.from(pictureOf(index), 'hex'),
      index % 2,
    ]);
    await connection.query('INSERT INTO people (name, note, picture, active) VALUES ?', [rows]);
    const lines = rows.map((_, index) => [index % 11, `k${index % 17}`, index, index * 2]);
    await connection.query('INSERT INTO lines_of_orders VALUES ?', [lines]);
    const codes = rows.map((_, index) => [`Ä-${index}`, index]);
    await connection.query('INSERT INTO codes VALUES ?', [codes]);
    for (const _ of nearValues) {
      await connection.query(copyOfFirst);
    }
    await connection.query("INSERT INTO log VALUES (1, 'a'), (1, 'a'), (2, 'b'), (NULL, 'c')");
  });
}

const peopleAtTheStart = 5_000;

export const pictureOf = (index: number): string =>
  createHash('sha1').update(String(index)).digest('hex');

const statements = (hasJson: boolean): readonly string[] => [
  'CREATE DATABASE proof DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
  'USE proof',
  `CREATE TABLE people (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, note VARCHAR(40),
     picture BLOB, active TINYINT NOT NULL)`,
  'CREATE TABLE lines_of_orders (a INT, b VARCHAR(10), c INT, amount INT, PRIMARY KEY (a, b, c))',
  'CREATE TABLE codes (code VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY, number INT)',
  'CREATE TABLE log (a INT, b VARCHAR(10))',
  'CREATE TABLE empty_one (id INT PRIMARY KEY)',
  'CREATE TABLE `od``d? name` (`i?d` INT PRIMARY KEY, `a.b` VARCHAR(10))',
  "INSERT INTO `od``d? name` VALUES (1, '?'), (2, '''')",
  `CREATE TABLE all_kinds (id INT AUTO_INCREMENT PRIMARY KEY, f FLOAT, f2 FLOAT(7,3), d DOUBLE, m DECIMAL(30,10), b BIT(64),
     u BIGINT UNSIGNED ZEROFILL, y YEAR, e ENUM('', 'one', 'two'), s SET(${elements}), da DATE, ti TIME(6), dt DATETIME(6),
     ts TIMESTAMP(3) NULL, c CHAR(5), l VARCHAR(20) CHARACTER SET latin1, w VARCHAR(20) CHARACTER SET utf16,
     bi BINARY(4), vb VARBINARY(10), tb TINYBLOB, bl LONGBLOB, t TEXT, lt LONGTEXT CHARACTER SET utf8mb4, g GEOMETRY)`,
  `INSERT INTO all_kinds (f, f2, d, m, b, u, y, e, s, da, ti, dt, ts, c, l, w, bi, vb, tb, bl, t, lt, g) VALUES
     (16777217, 1234.567, 0.1, 12345678901234567890.1234567891, b'${'1'.repeat(64)}', 18446744073709551615, 2024, 'two', 'e63,e0',
      '0000-00-00', '-12:34:56.789012', '2024-02-30 00:00:00', '2038-01-19 03:14:07.999', 'a  ', 'ä', 'ß', X'00FF', X'0020', X'00',
      REPEAT(X'00FF', 100000), 'tëxt', '🙂', ST_GeomFromText('POINT(1 2)'))`,
  `INSERT INTO all_kinds (f, f2, d, m, b, u, y, e, s, da, ti, dt, ts, c, l, w, bi, vb, tb, bl, t, lt, g) VALUES
     (3.4028235e38, -0.001, 1.7976931348623157e308, -0.0000000001, b'0', 0, 0, 'no such', '', '1000-01-01', '838:59:59', '0000-00-00 00:00:00',
      '0000-00-00 00:00:00', '', '', '', '', '', '', '', '', '', ST_GeomFromText('LINESTRING(0 0, 1 1)'))`,
  'INSERT INTO all_kinds (f, d) VALUES (-0.0, -0.0), (1e-7, 5e-324), (0.1, 1e22), (1.17549435e-38, 0.30000000000000004)',
  'INSERT INTO all_kinds () VALUES ()',
  ...(hasJson
    ? [
        'CREATE TABLE documents (id INT PRIMARY KEY, doc JSON, twice INT AS (id * 2) VIRTUAL, v VECTOR(2))',
        `INSERT INTO documents (id, doc, v) VALUES
           (1, '{"b": 1, "a": [1.0, 2e22, null, "ü"], "c": 12345678901234567890}', STRING_TO_VECTOR('[1, 2]')), (2, NULL, NULL),
           (3, 'null', NULL), (4, JSON_OBJECT('t', CAST('2024-01-01 00:00:00.5' AS DATETIME(6))), NULL)`,
      ]
    : []),
];

const elements = Array.from({length: 64}, (_, index) => `'e${index}'`).join(', ');

/** Another value of each column, as near as it can be to that of the first row. */
export const nearValues: readonly string[] = [
  'f = 16777218',
  'f2 = 1234.568',
  'd = 0.10000000000000002',
  'm = 12345678901234567890.1234567892',
  `b = b'${'1'.repeat(63)}0'`,
  'u = 18446744073709551614',
  'y = 2023',
  "e = 'one'",
  "s = 'e63,e1'",
  'da = NULL',
  "ti = '-12:34:56.789013'",
  "dt = '2024-02-29 23:59:59.999999'",
  "ts = '2038-01-19 03:14:07.998'",
  "c = 'A'",
  "l = 'a'",
  "w = 'ss'",
  "bi = X'00FE'",
  "vb = X'00'",
  "tb = X''",
  "bl = CONCAT(REPEAT(X'00FF', 99999), X'00FE')",
  "t = 'tëxt '",
  "lt = '🙃'",
  "g = ST_GeomFromText('POINT(1 2.0000000000000004)')",
];

export const firstNear = 101;

const names = 'f, f2, d, m, b, u, y, e, s, da, ti, dt, ts, c, l, w, bi, vb, tb, bl, t, lt, g';
const copyOfFirst = `INSERT INTO all_kinds (id, ${names})
  SELECT (SELECT GREATEST(${firstNear}, MAX(id) + 1) FROM all_kinds), ${names} FROM all_kinds WHERE id = 1`;
