import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type CopyPrograms, findPrograms} from '../../../steps/mysql/copy/programs.ts';
import {versionOf} from '../../../steps/mysql/dialect/version.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {certificatesOf} from '../../lab/mysql/certificates.ts';
import {mariadbClients, mysqlClients} from '../../lab/mysql/server-kinds.ts';
import {describeEachServer} from './each-server.ts';

const certificates = certificatesOf(['db', 'another'], 'a dump over TLS');
const [ours, another] = certificates
  ? [certificates.text('db'), certificates.text('another')]
  : ['', ''];
afterAll(() => certificates?.remove());

describe.skipIf(!certificates)('with certificates', () => {
  describeEachServer(
    'a dump over TLS',
    (on) => {
      const clients = on.kind.name === 'MariaDB 10.11' ? mariadbClients : mysqlClients;
      // MySQL 5.6 speaks TLS 1.0, which no client of today does.
      const isOld = on.kind.name === 'MySQL 5.6';
      beforeAll(async () => {
        const needs = isOld ? '' : 'REQUIRE SSL';
        await on.database.query(`CREATE USER tls@'%' IDENTIFIED BY 'over tls' ${needs}`);
        await on.database.query("GRANT ALL ON *.* TO tls@'%'");
        await on.database.query('CREATE DATABASE shop');
      });

      const dumped = async (programs: CopyPrograms, tls: {ca: string}) => {
        const session = await mysqlServer.open(
          {
            ...{host: '127.0.0.1', port: on.database.port, user: 'tls', password: 'over tls'},
            ...{clientFolder: clients.folder, tls},
          },
          {name: 'db1', signal: new AbortController().signal},
        );
        const dump = session.reader.copies.dump(programs, ['shop']);
        let text = '';
        for await (const chunk of dump.stdout) {
          text += chunk;
        }
        const {code, printed} = await dump.ended;
        await session.close();
        return code === 0 ? text.includes('-- Dump completed') : printed;
      };

      test.skipIf(isOld || clients.missing)(
        'goes through with the right certificate, and not with another one',
        async () => {
          const version = on.kind.name === 'MySQL 9' ? '9.7.0' : '10.11.6-MariaDB';
          const {suitable: suits} = await findPrograms(versionOf(version), clients.folder);
          if (!suits) {
            throw new Error(`no client in ${clients.folder}`);
          }
          expect(await dumped(suits, {ca: ours})).toBe(true);
          expect(await dumped(suits, {ca: another})).toMatch(/certificate|SSL/i);
        },
      );
    },
    {settings: certificates?.settings('db') ?? []},
  );
});
