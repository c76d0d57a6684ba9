import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {recordsInFile} from '../../../steps/name-servers/records/zone-file.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import {hasNamed, type Named, startNamed} from '../dns/named.ts';
import {shopZone} from '../dns/shop-zone.ts';

const key = {name: 'mover', algorithm: 'hmac-sha512', secret: 'c2VjcmV0LW9mLXRoZS1sYWI='};
const {signal} = new AbortController();
const large = Array.from({length: 4_000}, (_, index) => `n${index} TXT "${'x'.repeat(60)}"`);

describe.skipIf(!hasNamed)("a zone at BIND's name server", () => {
  let named: Named;

  beforeAll(async () => {
    named = await startNamed({
      clauses: `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
key "other" { algorithm hmac-sha256; secret "${key.secret}"; };`,
      zones: [
        {
          name: 'shop.test',
          text: shopZone,
          clauses: 'allow-transfer { any; }; check-names ignore;',
        },
        {
          name: 'keyed.test',
          text: `${soa}${large.join('\n')}\n`,
          clauses: `allow-transfer { key "${key.name}"; };`,
        },
      ],
    });
  });
  afterAll(() => named?.stop());

  const soa = '$TTL 60\n@ SOA ns h 1 2 3 4 5\n  NS ns\nns A 192.0.2.1\n';
  const opened = async (config: object) => {
    const session = await dnsZone.open(
      dnsZone.config.parse({domain: 'shop.test', servers: [named.at], ...config}),
      {name: 'old', signal},
    );
    return session.reader;
  };
  const problemOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error) =>
        `${error.problem?.code}: ${error.problem?.message ?? error}`.replaceAll(
          named.at,
          'ADDRESS',
        ),
    );
  const inOrder = (records: readonly {name: string; type: string}[]) =>
    [...records].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

  test('a transfer returns exactly the records of the zone file', async () => {
    const records = await (await opened({})).records(signal);
    expect(inOrder(records)).toEqual(inOrder(recordsInFile(Buffer.from(shopZone), 'shop.test.')));
  });

  test('queries for a list of names return the same records', async () => {
    const file = recordsInFile(Buffer.from(shopZone), 'shop.test.');
    const names = [...new Set(file.map(({name}) => name))];
    const records = await (await opened({names})).records(signal);
    expect(inOrder(records)).toEqual(inOrder(file.filter(({type}) => type !== 'SOA')));
  });

  test('a transfer of many messages is verified with the key of the server', async () => {
    const reader = await opened({domain: 'keyed.test', tsig: key});
    const records = await reader.records(signal);
    expect(records.length).toBe(4_003);
    expect(
      records.filter(({type, value}) => type === 'TXT' && value === `"${'x'.repeat(60)}"`).length,
    ).toBe(4_000);
  });

  test.for([
    {
      name: 'without the key',
      config: {domain: 'keyed.test'},
      says: 'ADDRESS: it answers REFUSED.',
    },
    {
      name: 'with a key that the server does not know',
      config: {domain: 'keyed.test', tsig: {...key, name: 'nobody'}},
      says: 'ADDRESS: it does not accept the key nobody (BADKEY).',
    },
    {
      name: 'with another secret under the name of the key',
      config: {domain: 'keyed.test', tsig: {...key, secret: 'b3RoZXI='}},
      says: 'ADDRESS: it does not accept the key mover (BADSIG).',
    },
    {
      name: 'with a key that is not allowed',
      config: {domain: 'keyed.test', tsig: {...key, name: 'other', algorithm: 'hmac-sha256'}},
      says: 'ADDRESS: it answers REFUSED.',
    },
  ])('$name there is no transfer, and the problem says why', async ({config, says}) => {
    const reader = await opened(config);
    expect(await problemOf(reader.records(signal))).toBe(
      `zone-transfer-failed: The zone keyed.test. cannot be transferred from any name server of old: ${says}`,
    );
  });

  test('the next server is asked when the first does not transfer', async () => {
    const reader = await opened({servers: ['127.0.0.1:1', named.at]});
    expect((await reader.records(signal)).length).toBe(32);
  });

  test('a missing file is a problem', async () => {
    const reader = await opened({zoneFile: '/nowhere/shop.zone'});
    expect(await problemOf(reader.records(signal))).toBe(
      'zone-file-unreadable: The zone file /nowhere/shop.zone cannot be read: it cannot be opened (ENOENT).',
    );
  });

  test('a transfer ends with its signal', async () => {
    const reader = await opened({});
    await expect(reader.records(AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
      'stopped',
    );
  });
});
