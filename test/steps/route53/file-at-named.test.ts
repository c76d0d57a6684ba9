import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type DnsResponse, type DnsServer, serveDns} from '../../../lab/dns/server.ts';
import type {Look} from '../../../src/model/step.ts';
import {zonesMatch} from '../../../steps/dns/zones-match.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import {importZone} from '../../../steps/route53/import-zone.ts';
import {hasNamed, type Named, startNamed} from '../dns/named.ts';
import {text} from '../dns/world.ts';
import {fakeZone} from './fake-zone.ts';

const {signal} = new AbortController();
const head = `$TTL 300
@ IN SOA ns1.old.test. h.old.test. 2026112701 7200 900 1209600 300
@ NS ns1.old.test.
@ NS ns2.old.test.
`;
/** What the old name server has. A zone file may say more of it, less, or something else. */
const live = `${head}@ A 192.0.2.10
@ MX 10 mail
www A 192.0.2.11
mail A 192.0.2.12
_dmarc TXT "v=DMARC1; p=none"
*.apps A 192.0.2.13
t TXT "caf\\233"
afs AFSDB 1 db
_x._smimecert SMIMEA 3 0 0 ABCD
@ CSYNC 1 3 A NS
svc HTTPS 1 . alpn="h2,h3" port=8443
team NS ns.team
ns.team A 192.0.2.99
`;
const unsupported = [
  {name: 'afs.moving.test', type: 'AFSDB'},
  {name: '_x._smimecert.moving.test', type: 'TYPE53'},
];

describe.skipIf(!hasNamed)("a zone file against BIND's name server", () => {
  let named: Named;
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-zone-'));
  beforeAll(async () => {
    named = await startNamed({
      zones: [
        {name: 'moving.test', text: live},
        {name: 'other.test', text: `$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n`},
      ],
    });
  });
  afterAll(async () => {
    await named?.stop();
    rmSync(folder, {recursive: true, force: true});
  });

  const opened = async (config: object) =>
    (
      await dnsZone.open(
        dnsZone.config.parse({domain: 'moving.test', servers: [named.at], ...config}),
        {
          name: 'old',
          signal,
        },
      )
    ).reader;

  async function look(config: object, input: object): Promise<Look<any, any>> {
    return {
      input: importZone.input.parse(input),
      targets: {
        old: await opened(config),
        zone: {
          ...(fakeZone().sessions['zone']?.reader as object),
          domain: async () => ({name: 'moving.test.', nameServers: ['ns-1.aws.test.']}),
          allSets: async () => [],
        },
      },
      run: {id: 'r', entry: 'e', started: false},
      now: new Date(),
      signal,
    };
  }
  const inFile = (content: string | Buffer) => {
    const zoneFile = join(folder, `${Math.random()}.zone`);
    writeFileSync(zoneFile, content);
    return {zoneFile};
  };
  const verdictOn = async (content: string | Buffer, leaveOut: readonly object[] = unsupported) => {
    const config = inFile(content);
    const verdict = await importZone.check(await look(config, {leaveOut}));
    return JSON.parse(
      JSON.stringify(verdict)
        .replaceAll(config.zoneFile, 'FILE')
        .replaceAll('127.0.0.1.', 'SERVER'),
    );
  };

  test('a file that says what the server has is imported byte for byte, without what the server makes itself', async () => {
    const latin1 = Buffer.from(live.replace('\\233', '\u00e9'), 'latin1');
    const verdict = await verdictOn(latin1);
    expect(verdict).toMatchObject({kind: 'pending'});
    expect(
      verdict.before.creates.map(({name, type}: {name: string; type: string}) => `${name} ${type}`),
    ).toEqual([
      '\\052.apps.moving.test. A',
      '_dmarc.moving.test. TXT',
      'mail.moving.test. A',
      'moving.test. A',
      'moving.test. MX',
      'ns.team.moving.test. A',
      'svc.moving.test. HTTPS',
      't.moving.test. TXT',
      'team.moving.test. NS',
      'www.moving.test. A',
    ]);
    expect(verdict.before.creates).toContainEqual({
      name: 't.moving.test.',
      type: 'TXT',
      ttlSeconds: 300,
      values: ['"caf\\351"'],
    });
  });

  test('types that Route 53 lacks are named, and left out by their names or numbers', async () => {
    expect(await verdictOn(live, [])).toMatchObject({
      kind: 'blocked',
      reason:
        'old holds 2 records of types that Route 53 does not support: afs.moving.test AFSDB, _x._smimecert.moving.test SMIMEA.',
    });
  });

  test.for([
    {
      name: 'an older file',
      file: live.replace('2026112701', '2026112601'),
      says: 'its serial is 2026112601, but 2026112701 at SERVER',
    },
    {
      name: 'a file without a name that nearly each domain has',
      file: live.replace('www A 192.0.2.11\n', ''),
      says: 'www.moving.test. A is absent there, but 192.0.2.11 (TTL 300 s) at SERVER',
    },
    {
      name: 'a file without its mail policy',
      file: live.replace(/_dmarc.*\n/, ''),
      says: '_dmarc.moving.test. TXT is absent there, but "v=DMARC1; p=none" (TTL 300 s) at SERVER',
    },
    {
      name: 'a file without the mail servers of the domain itself',
      file: live.replace('@ MX 10 mail\n', ''),
      says: 'moving.test. MX is absent there, but 10 mail.moving.test. (TTL 300 s) at SERVER',
    },
    {
      name: 'a file with another value and another TTL',
      file: live
        .replace('mail A 192.0.2.12', 'mail 60 A 192.0.2.12')
        .replace('*.apps A 192.0.2.13', '*.apps A 192.0.2.14'),
      says: 'mail.moving.test. A is 192.0.2.12 (TTL 60 s) there, but 192.0.2.12 (TTL 300 s) at SERVER; \\052.apps.moving.test. A is 192.0.2.14 (TTL 300 s) there, but 192.0.2.13 (TTL 300 s) at SERVER',
    },
    {
      name: 'a file with a name that the server does not have',
      file: `${live}new A 192.0.2.50\n`,
      says: 'new.moving.test. A is 192.0.2.50 (TTL 300 s) there, but absent at SERVER',
    },
  ])('$name is not imported, and the difference is named', async ({file, says}) => {
    expect(await verdictOn(file)).toMatchObject({
      kind: 'blocked',
      reason: `The answers of the old name servers differ from the file FILE: ${says}.`,
    });
  });

  test('a server that does not have the zone proves nothing of a file', async () => {
    const {reason} = (await importZone.check(
      await look({...inFile(live), servers: ['127.0.0.1:1']}, {leaveOut: unsupported}),
    )) as {reason: string};
    expect(reason).toContain('127.0.0.1. has no SOA record of moving.test. (');
  });

  test.for([
    {
      name: 'a CNAME beside a TXT',
      more: 'blog CNAME shop.example.net.\nblog TXT "v"\n',
      says: 'old holds blog.moving.test CNAME shop.example.net. (TTL 300 s) and TXT records at the same name: Route 53 refuses a CNAME beside other records.',
      leaveOut: [
        {name: 'blog.moving.test', type: 'CNAME'},
        {name: 'blog.moving.test', type: 'TXT'},
      ],
    },
    {
      name: 'a CNAME at the domain itself, whose addresses the provider answers,',
      without: '@ A 192.0.2.10\n',
      more: '@ CNAME shop.example.net.\n',
      says: 'old holds moving.test CNAME shop.example.net. (TTL 300 s), and moving.test is the domain itself: Route 53 refuses a CNAME beside its SOA and NS records.',
      leaveOut: [{name: 'moving.test', type: 'CNAME'}],
    },
    {
      name: 'two CNAMEs at a name',
      more: 'two CNAME a.example.\ntwo CNAME b.example.\n',
      says: 'two.moving.test CNAME of old has 2 values, and a CNAME has one value: Route 53 refuses it.',
      leaveOut: [{name: 'two.moving.test', type: 'CNAME'}],
    },
    {
      name: 'NS records at a wildcard',
      more: '*.eu NS ns1.old.test.\n',
      says: 'old holds *.eu.moving.test NS: Route 53 refuses NS records at a wildcard.',
      leaveOut: [{name: '*.eu.moving.test', type: 'NS'}],
    },
  ])('$name is found in the plan, and leaving it out is a way on', async (given) => {
    const file = `${live.replace(given.without ?? '', '')}${given.more}`;
    expect(await verdictOn(file)).toMatchObject({kind: 'blocked', reason: given.says});
    const leaveOut = given.leaveOut.map(({name, type}) => ({
      name: name.replace('*', '\\052'),
      type,
    }));
    expect(await verdictOn(file, [...unsupported, ...leaveOut])).toMatchObject({kind: 'pending'});
  });

  test.for([
    {content: '', says: 'is not a zone file of moving.test.: it is empty.'},
    {
      content: `$ORIGIN moving.test\n${live}`,
      says: ':1 cannot be read: $ORIGIN moving.test has no final dot, so it means moving.test.moving.test..',
    },
    {
      content: live.replace('@ IN SOA', 'shop IN SOA'),
      says: 'is not a zone file of moving.test.: its SOA record is at shop.moving.test., not at moving.test..',
    },
  ])('a file that is no zone of the domain is refused: $says', async ({content, says}) => {
    await expect(verdictOn(content)).rejects.toThrow(says);
  });

  test('a zone without a record is never as it should be, neither copied nor compared', async () => {
    const reason = 'old has only the SOA and NS records of moving.test.';
    expect(await verdictOn(head, [])).toMatchObject({
      kind: 'blocked',
      reason: `${reason}: the new name servers would have no records to serve.`,
    });
    const {targets, ...rest} = await look(inFile(head), {});
    const both = {
      ...targets,
      new: {...(targets['old'] as object), servers: [{name: 'ns-1.aws.test.'}]},
    };
    expect(
      await zonesMatch.check({...rest, targets: both, input: zonesMatch.input.parse({})} as any),
    ).toMatchObject({
      kind: 'blocked',
      reason: `${reason}: nothing would be compared.`,
    });
  });

  test('a list of names that lacks one that the server has is not imported', async () => {
    const names = ['www', 'mail', '_dmarc', '*.apps', 't', 'svc', 'team'];
    const {kind, reason = ''} = (await importZone.check(
      await look({names: names.slice(1)}, {}),
    )) as {kind: string; reason?: string};
    expect({kind, reason}).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('www.moving.test. A is absent there, but 192.0.2.11'),
    });
    expect(await importZone.check(await look({names}, {}))).toMatchObject({kind: 'pending'});
  });
});

describe('a name server that refuses types that it does not know', () => {
  const address = (name: string, data: string) => ({name, type: 'A', ttl: 300, data}) as const;
  const answers = [address('moving.test', '192.0.2.10'), address('www.moving.test', '192.0.2.11')];
  let refused: readonly string[] = [];
  let rcode: DnsResponse['rcode'] = 'NOTIMP';
  let server: DnsServer;
  beforeAll(async () => {
    server = await serveDns('127.0.0.1', async ({name, type}) => {
      const none = {rcode, flags: 0x0400, answers: [], authorities: []};
      return refused.includes(String(type).replace('UNKNOWN_65', 'HTTPS'))
        ? none
        : {
            ...none,
            rcode: 'NOERROR',
            answers: type === 'A' ? answers.filter((answer) => answer.name === name) : [],
          };
    });
  });
  afterAll(() => server?.stop());

  const records = async () => {
    const config = {domain: 'moving.test', servers: [text(server)], names: ['www']};
    const {reader} = await dnsZone.open(dnsZone.config.parse(config), {name: 'old', signal});
    return reader.records(signal);
  };

  test.for(['NOTIMP', 'REFUSED', 'FORMERR'] as const)(
    'has no such records: %s',
    async (answered) => {
      [rcode, refused] = [answered, ['HTTPS', 'SVCB', 'CAA']];
      expect((await records()).map(({name, value}) => `${name} ${value}`)).toEqual([
        'moving.test. 192.0.2.10',
        'www.moving.test. 192.0.2.11',
      ]);
    },
  );

  test('is a problem where it refuses what each server has, or fails', async () => {
    [rcode, refused] = ['REFUSED', ['MX']];
    await expect(records()).rejects.toThrow(
      'No name server of old answers moving.test. MX: it answers REFUSED.',
    );
    [rcode, refused] = ['SERVFAIL', ['HTTPS']];
    await expect(records()).rejects.toThrow(
      'No name server of old answers moving.test. HTTPS: it answers SERVFAIL.',
    );
  });
});
