import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {copyKeys} from '../../../steps/redis/copy-keys.ts';
import {keysMatch} from '../../../steps/redis/keys-match.ts';
import {certificatesOf} from '../../lab/mysql/certificates.ts';
import {freePort} from '../../lab/mysql/databases.ts';
import {hasRedis, type RealRedis, startRedis} from './real-redis.ts';

const certificates = certificatesOf(['redis', 'other'], 'Redis over TLS');
const {signal} = new AbortController();

// As ElastiCache has it: encryption in transit, and a user of the access control list.
describe.skipIf(!hasRedis || !certificates)('a new Redis over TLS, with a user of the ACL', () => {
  let old: RealRedis;
  let fresh: RealRedis;
  let port: number;
  const password = 'mover-secret';

  beforeAll(async () => {
    port = await freePort();
    const certificate = certificates?.file('redis') ?? '';
    const tls = ['--tls-port', `${port}`, '--tls-cert-file', certificate];
    const keys = ['--tls-key-file', certificate.replace(/pem$/, 'key')];
    const clients = ['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'];
    const user = ['--user', 'mover', 'on', `>${password}`, '~*', '+@all'];
    [old, fresh] = await Promise.all([
      startRedis(),
      startRedis(...tls, ...keys, ...clients, ...user),
    ]);
    await old.ask(['SET', 'cart:1', 'two shirts'], ['RPUSH', 'mails', 'one', 'two']);
  });
  afterAll(async () => {
    await Promise.all([old.stop(), fresh.stop()]);
    certificates?.remove();
  });

  const sessionWith = (config: object) =>
    fresh.session('cache', {port, user: 'mover', password, ...config});
  const ca = () => certificates?.text('redis') ?? '';

  test('gets the keys of the old one, and has the same', async () => {
    const source = await old.session('old');
    const target = await sessionWith({tls: {ca: ca()}});
    const look = (input: object): Look<any, any> => ({
      input,
      targets: {source: source.reader, target: target.reader},
      run: {id: 'r-1', entry: 'redis', started: true},
      now: new Date(),
      signal,
    });
    const [action] = await copyKeys.plan(look(copyKeys.input.parse({})), {target: 'empty'});
    await action?.perform(target.writer as never, signal, () => {});
    expect(await keysMatch.check(look(keysMatch.input.parse({})))).toMatchObject({
      kind: 'done',
      output: {keys: 2, compared: 2},
    });
    await Promise.all([source.close(), target.close()]);
  });

  test.for<[string, object, string]>([
    ['another certificate', {tls: {ca: certificates?.text('other')}}, 'redis-unreachable'],
    ['a certificate that the system does not know', {tls: {}}, 'redis-unreachable'],
    ['no TLS', {}, 'redis-unreachable'],
    ['another password', {tls: {ca: ca()}, password: 'wrong'}, 'redis-login-refused'],
  ])('is not spoken to with %s', async ([, config, code]) => {
    const session = await sessionWith(config);
    const refused = await session.reader.nowMs(signal).catch((error: unknown) => error);
    expect(refused).toMatchObject({problem: {code}});
    expect(JSON.stringify(refused)).not.toContain(password);
    await session.close();
  });
});
