import {createSocket} from 'node:dgram';
import {Resolver} from 'node:dns/promises';
import {connect} from 'node:net';
import {decode, encode} from 'dns-packet';
import {afterEach, describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative, type Zone} from '../../../lab/dns/authoritative.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import {answerFrom} from '../../../lab/dns/zone.ts';
import {exchange} from '../../../steps/name-servers/wire/exchange.ts';
import {rcodeOf} from '../../../steps/name-servers/wire/rcodes.ts';
import {transferred} from '../../../steps/name-servers/zone/transfer.ts';

const signal = new AbortController().signal;
const servers: DnsServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

const records: readonly RecordSet[] = [
  {name: 'www.shop.test.', type: 'A', ttl: 300, values: ['127.0.0.11', '127.0.0.12']},
  {name: 'alias.shop.test.', type: 'CNAME', ttl: 60, values: ['www.shop.test.']},
  {name: 'away.shop.test.', type: 'CNAME', ttl: 60, values: ['www.elsewhere.test.']},
  {name: 'deep.below.shop.test.', type: 'A', ttl: 60, values: ['127.0.0.13']},
  {name: '\\052.shop.test.', type: 'A', ttl: 60, values: ['127.0.0.14']},
  {
    name: 'new.shop.test.',
    type: 'A',
    aliasTarget: {hostedZoneId: 'ZLB', dnsName: 'lb.aws.test', evaluateTargetHealth: false},
  },
  {
    name: 'same.shop.test.',
    type: 'A',
    aliasTarget: {hostedZoneId: 'Z', dnsName: 'www.shop.test.', evaluateTargetHealth: false},
  },
  {name: 'even.shop.test.', type: 'A', ttl: 60, values: ['1.1.1.1'], setIdentifier: 'a', weight: 1},
  {name: 'even.shop.test.', type: 'A', ttl: 60, values: ['2.2.2.2'], setIdentifier: 'b', weight: 3},
  {name: 'even.shop.test.', type: 'A', ttl: 60, values: ['3.3.3.3'], setIdentifier: 'c', weight: 0},
  {name: 'mail.shop.test.', type: 'MX', ttl: 60, values: ['10 mx1.shop.test.', '20 mx2.shop.test']},
  {name: 'text.shop.test.', type: 'TXT', ttl: 60, values: ['"v=spf1 \\"quoted\\"" "and \\052"']},
  {name: 'many.shop.test.', type: 'A', ttl: 60, values: addresses(60)},
];
const zone: Zone = {
  name: 'shop.test.',
  nameServers: ['ns1.lab.test.', 'ns2.lab.test.'],
  records,
  aliasTarget: (dnsName, type) =>
    dnsName === 'lb.aws.test.' && type === 'A' ? {ttl: 60, values: ['127.0.0.100']} : undefined,
};

describe('what a zone answers', () => {
  const cases = [
    {
      name: 'all values of a set',
      ask: 'www A',
      says: 'NOERROR',
      gives: ['www A 300 127.0.0.11', 'www A 300 127.0.0.12'],
    },
    {
      name: 'the name in any case',
      ask: 'WWW A',
      says: 'NOERROR',
      gives: ['www A 300 127.0.0.11', 'www A 300 127.0.0.12'],
    },
    {
      name: 'a CNAME and its target',
      ask: 'alias A',
      says: 'NOERROR',
      gives: ['alias CNAME 60 www.shop.test.', 'www A 300 127.0.0.11', 'www A 300 127.0.0.12'],
    },
    {
      name: 'a CNAME alone, when its target is outside the zone',
      ask: 'away A',
      says: 'NOERROR',
      gives: ['away CNAME 60 www.elsewhere.test.'],
    },
    {
      name: 'the CNAME itself',
      ask: 'alias CNAME',
      says: 'NOERROR',
      gives: ['alias CNAME 60 www.shop.test.'],
    },
    {
      name: 'no data of another type, with the SOA',
      ask: 'www AAAA',
      says: 'NOERROR',
      gives: [],
      soa: 900,
    },
    {
      name: 'the wildcard for names that do not exist',
      ask: 'anything A',
      says: 'NOERROR',
      gives: ['anything A 60 127.0.0.14'],
    },
    {
      name: 'the wildcard for deeper names too',
      ask: 'a.b.c A',
      says: 'NOERROR',
      gives: ['a.b.c A 60 127.0.0.14'],
    },
    {
      name: 'no wildcard at a name with names below it',
      ask: 'below A',
      says: 'NOERROR',
      gives: [],
      soa: 900,
    },
    {
      name: 'no wildcard below such a name',
      ask: 'x.below A',
      says: 'NXDOMAIN',
      gives: [],
      soa: 900,
    },
    {
      name: 'an alias to a load balancer',
      ask: 'new A',
      says: 'NOERROR',
      gives: ['new A 60 127.0.0.100'],
    },
    {
      name: 'nothing of another type for an alias',
      ask: 'new AAAA',
      says: 'NOERROR',
      gives: [],
      soa: 900,
    },
    {
      name: 'an alias to a set of the zone',
      ask: 'same A',
      says: 'NOERROR',
      gives: ['same A 300 127.0.0.11', 'same A 300 127.0.0.12'],
    },
  ];
  test.each(cases)('$name', ({ask, says, gives, soa}) => {
    const [label = '', type = ''] = ask.split(' ');
    const {rcode, answers, authorities} = answerFrom(zone, {name: `${label}.shop.test`, type});
    const texts = answers.map((answer) => {
      const {
        name,
        type: is,
        ttl,
        data,
      } = answer as {name: string; type: string; ttl: number; data: string};
      return `${name.replace('.shop.test.', '')} ${is} ${ttl} ${data}`;
    });
    expect({rcode, gives: texts, soa: authorities.map(({type: is}) => is)}).toEqual({
      rcode: says,
      gives,
      soa: soa === undefined ? [] : ['SOA'],
    });
  });

  test('names outside of the zone are refused', () => {
    const answer = answerFrom(zone, {name: 'www.elsewhere.test', type: 'A'});
    expect(answer).toEqual({rcode: 'REFUSED', answers: [], authorities: []});
  });

  test('a weighted group answers in proportion to its weights', () => {
    const at = (random: number) =>
      answerFrom(zone, {name: 'even.shop.test', type: 'A'}, () => random).answers.map(
        (answer) => 'data' in answer && answer.data,
      );
    expect([at(0), at(0.24), at(0.26), at(0.99)]).toEqual([
      ['1.1.1.1'],
      ['1.1.1.1'],
      ['2.2.2.2'],
      ['2.2.2.2'],
    ]);
  });
});

describe('the authoritative server on the wire', () => {
  test('another resolver library understands its answers', async () => {
    const {address, port} = await started(zone);
    const resolver = new Resolver();
    resolver.setServers([`${address}:${port}`]);
    expect(await resolver.resolve4('www.shop.test', {ttl: true})).toEqual([
      {address: '127.0.0.11', ttl: 300},
      {address: '127.0.0.12', ttl: 300},
    ]);
    expect(await resolver.resolveMx('mail.shop.test')).toEqual([
      {exchange: 'mx1.shop.test', priority: 10},
      {exchange: 'mx2.shop.test', priority: 20},
    ]);
    expect(await resolver.resolveTxt('text.shop.test')).toEqual([['v=spf1 "quoted"', 'and *']]);
    expect(await resolver.resolveNs('shop.test')).toEqual(['ns1.lab.test', 'ns2.lab.test']);
    expect(await resolver.resolveSoa('shop.test')).toMatchObject({
      nsname: 'ns1.lab.test',
      minttl: 86_400,
    });
    await expect(resolver.resolve4('x.below.shop.test')).rejects.toMatchObject({code: 'ENOTFOUND'});
    await expect(resolver.resolve6('www.shop.test')).rejects.toMatchObject({code: 'ENODATA'});
  });

  test('its answers are authoritative, and it does not offer recursion', async () => {
    const {address, port} = await started(zone);
    const reply = await exchange(
      `${address}:${port}`,
      {name: 'www.shop.test', type: 'A'},
      {recursive: true, signal},
    );
    const {flag_aa, flag_rd, flag_ra} = reply;
    expect({rcode: rcodeOf(reply), flag_aa, flag_rd, flag_ra}).toEqual({
      rcode: 'NOERROR',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
    });
  });

  test('an answer too long for a plain UDP packet is cut there, and whole over TCP', async () => {
    const {address, port} = await started(zone);
    const query = encode({type: 'query', id: 7, questions: [{name: 'many.shop.test', type: 'A'}]});
    const overUdp = await udpAnswer(port, address, query);
    expect([overUdp.flag_tc, overUdp.answers?.length]).toEqual([true, 0]);
    const overTcp = await tcpAnswer(port, address, query);
    expect([overTcp.flag_tc, overTcp.answers?.length]).toEqual([false, 60]);
    // As any client does it: cut over UDP, it is asked for again over TCP.
    const reply = await exchange(
      `${address}:${port}`,
      {name: 'many.shop.test', type: 'A'},
      {recursive: false, signal},
    );
    expect(reply.answers?.length).toBe(60);
  });

  test('a record that cannot be encoded is answered with SERVFAIL, and the server goes on', async () => {
    const broken: Zone = {
      ...zone,
      records: [{name: 'a.shop.test.', type: 'LOC', ttl: 1, values: ['x']}],
    };
    const {address, port} = await started(broken);
    const ask = () =>
      exchange(
        `${address}:${port}`,
        {name: 'a.shop.test', type: 'LOC'},
        {recursive: false, signal},
      );
    expect([rcodeOf(await ask()), rcodeOf(await ask())]).toEqual(['SERVFAIL', 'SERVFAIL']);
  });
});

async function started(served: Zone): Promise<DnsServer> {
  const server = await startAuthoritative({address: '127.0.0.1', zone: () => served});
  servers.push(server);
  return server;
}

function udpAnswer(port: number, address: string, query: Buffer) {
  return new Promise<ReturnType<typeof decode>>((resolve, reject) => {
    const socket = createSocket('udp4', (message) => {
      socket.close();
      resolve(decode(message));
    });
    socket.on('error', reject).send(query, port, address);
  });
}

function tcpAnswer(port: number, address: string, query: Buffer) {
  return new Promise<ReturnType<typeof decode>>((resolve, reject) => {
    const socket = connect(port, address, () => {
      // In two pieces, and slowly: TCP promises no boundaries.
      socket.write(Buffer.from([0, query.length]));
      setImmediate(() => socket.write(query));
    });
    let received = Buffer.alloc(0);
    socket.on('error', reject).on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= received.readUInt16BE(0) + 2) {
        socket.end();
        resolve(decode(received.subarray(2)));
      }
    });
  });
}

function addresses(count: number): readonly string[] {
  return Array.from({length: count}, (_, index) => `10.0.0.${index + 1}`);
}

test('a zone of ten thousand names is transferred, in several messages', async () => {
  const names = Array.from({length: 10_000}, (_, at) => ({
    ...{name: `h${at}.shop.test.`, type: 'A', ttl: 60},
    values: ['192.0.2.1'],
  }));
  const large = {name: 'shop.test.', nameServers: ['ns1.shop.test.'], records: names};
  const server = await startAuthoritative({
    address: '127.0.0.1',
    zone: () => ({...large, transferable: true}),
  });
  servers.push(server);
  const got = await transferred(`127.0.0.1:${server.port}`, 'shop.test.', {signal});
  expect(got.filter(({type}) => type === 'A')).toHaveLength(10_000);
});
