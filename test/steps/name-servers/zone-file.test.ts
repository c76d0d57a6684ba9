import {expect, test} from 'vitest';
import {asZoneName} from '../../../steps/name-servers/records/names.ts';
import {recordsInFile} from '../../../steps/name-servers/records/zone-file.ts';
import {LineProblem} from '../../../steps/name-servers/records/zone-file-tokens.ts';
import {NoZone, zoneInFile} from '../../../steps/name-servers/records/zone-in-file.ts';
import {readMessage} from '../../../steps/name-servers/wire/message.ts';
import {shopZone} from '../dns/shop-zone.ts';

const textOf = (zone: string, name?: string) =>
  recordsInFile(Buffer.from(zone), 'shop.test.')
    .filter((record) => name === undefined || record.name === name)
    .map((record) => `${record.name} ${record.ttl} ${record.type} ${record.value}`);

test('names, times and values of a zone file become what Route 53 lists', () => {
  expect(textOf(shopZone)).toEqual([
    'shop.test. 3600 SOA ns1.shop.test. hostmaster.shop.test. 2026112501 7200 900 1209600 86400',
    'shop.test. 3600 NS ns1.shop.test.',
    'shop.test. 3600 NS ns2.elsewhere.test.',
    'shop.test. 3600 MX 10 mail.shop.test.',
    'shop.test. 3600 MX 20 mail.elsewhere.test.',
    'shop.test. 3600 TXT "v=spf1 include:_spf.example.com -all"',
    'shop.test. 3600 CAA 0 issue "letsencrypt.org"',
    'ns1.shop.test. 300 A 192.0.2.53',
    'www.shop.test. 3600 A 192.0.2.11',
    'www.shop.test. 3600 A 192.0.2.12',
    'www.shop.test. 3600 AAAA 2001:db8::1',
    'www2.shop.test. 300 CNAME www.shop.test.',
    'api.shop.test. 60 CNAME www.shop.test.',
    'mail.shop.test. 3600 A 192.0.2.25',
    '\\052.apps.shop.test. 3600 A 192.0.2.80',
    'sip._tcp.shop.test. 3600 SRV 10 60 5060 mail.shop.test.',
    '_dmarc.shop.test. 3600 TXT "v=DMARC1; p=none; " "rua=mailto:a@shop.test"',
    'quote.shop.test. 3600 TXT "say \\"hi\\" \\\\ \\303\\244 end" "bare word" ";no comment"',
    `dkim._domainkey.shop.test. 3600 TXT "${'k'.repeat(255)}" "${'l'.repeat(100)}"`,
    'a\\040b.shop.test. 3600 A 192.0.2.7',
    'un_der.shop.test. 3600 A 192.0.2.8',
    '\\100at.shop.test. 3600 A 192.0.2.9',
    'dot\\056ted.shop.test. 3600 A 192.0.2.10',
    'naptr.shop.test. 3600 NAPTR 100 50 "u" "E2U+sip" "!^.*$!sip:info@shop.test!" .',
    '_443._tcp.shop.test. 3600 TLSA 3 1 1 0D6FCE3DD4B8E4B4E4D4B1A7A3B0D9F2A1B2C3D4E5F60718293A4B5C6D7E8F90AABBCCDD',
    'host.shop.test. 3600 SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789',
    'svc.shop.test. 3600 HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1',
    'sub.shop.test. 3600 NS ns.sub.shop.test.',
    'sub.shop.test. 3600 NS ns.other.test.',
    'sub.shop.test. 3600 DS 60485 13 2 3A5F0C0D1E2F30415263748596A7B8C9DAEBFC0D1E2F30415263748596A7B8C9',
    'ns.sub.shop.test. 3600 A 192.0.2.99',
    'ptr.shop.test. 3600 PTR www.shop.test.',
  ]);
});

test.for([
  {
    name: 'the TTL of the record before, where there is no other',
    zone: 'a 60 A 192.0.2.1\nb A 192.0.2.2',
    is: 'b.shop.test. 60 A 192.0.2.2',
  },
  {
    name: "the SOA's minimum, where there is no TTL at all",
    zone: '@ SOA n h 1 2 3 4 300\nb A 192.0.2.2',
    is: 'b.shop.test. 300 A 192.0.2.2',
  },
  {
    name: 'another origin',
    zone: '$TTL 5\n$ORIGIN eu.shop.test.\nb A 192.0.2.2',
    is: 'b.eu.shop.test. 5 A 192.0.2.2',
  },
  {
    name: 'strings that are glued together',
    zone: '$TTL 5\nb TXT "one""two"',
    is: 'b.shop.test. 5 TXT "one" "two"',
  },
  {
    name: 'an unknown type in hexadecimal',
    zone: '$TTL 5\nb TYPE731 \\# 3 ab cdef',
    is: 'b.shop.test. 5 TYPE731 \\# 3 ABCDEF',
  },
  {
    name: 'a type by its number',
    zone: '$TTL 5\nb TYPE18 1 db',
    is: 'b.shop.test. 5 AFSDB 1 db',
  },
  {
    name: 'the type that a provider writes and no name server has',
    zone: '$TTL 5\nb ALIAS lb.example.',
    is: 'b.shop.test. 5 ALIAS lb.example.',
  },
  {
    name: 'service parameters in the order of their keys, without quotes and by newer names',
    zone: '$TTL 5\nb HTTPS 1 . dohpath="/q{?dns}" ipv6hint=2001:DB8::1 port=8443 alpn=h2,h3',
    is: 'b.shop.test. 5 HTTPS 1 . alpn="h2,h3" port=8443 ipv6hint=2001:db8::1 key7="/q{?dns}"',
  },
  {
    name: 'a non-breaking space of UTF-8 inside a word',
    zone: '$TTL 5\nb TXT \u00e0',
    is: 'b.shop.test. 5 TXT "\\303\\240"',
  },
  {
    name: 'the origin without its dot, below the root',
    zone: '$TTL 5\n$ORIGIN .\n$ORIGIN shop.test\nb A 192.0.2.2',
    is: 'b.shop.test. 5 A 192.0.2.2',
  },
  {
    name: 'the longest label, the longest TTL and the last byte',
    zone: `${'k'.repeat(63)} 2147483647 TXT "\\255"`,
    is: `${'k'.repeat(63)}.shop.test. 2147483647 TXT "\\377"`,
  },
  {
    name: 'a known type in hexadecimal',
    zone: '$TTL 5\nb TYPE1 \\# 4 c0000201',
    is: 'b.shop.test. 5 A 192.0.2.1',
  },
])('$name', ({zone, is}) => {
  expect(textOf(zone, is.split(' ')[0])).toEqual([is]);
});

test.for([
  {name: 'an include', zone: '$TTL 5\n$INCLUDE other', says: '2: $INCLUDE is not supported'},
  {
    name: 'a name of another zone',
    zone: '$TTL 5\nwww.shop.example. A 192.0.2.1',
    says: '2: www.shop.example. is not in shop.test.',
  },
  {
    name: 'a parenthesis that stays open',
    zone: '$TTL 5\n\na TXT ( "x"\nb A 192.0.2.1',
    says: '3: a parenthesis is never closed',
  },
  {
    name: 'a quote that stays open',
    zone: '$TTL 5\na TXT "x',
    says: '2: a quote is never closed',
  },
  {
    name: 'an address that is none',
    zone: '$TTL 5\na A 192.0.2.256',
    says: '2: "192.0.2.256" is not an address of type ipv4',
  },
  {
    name: 'a word too many',
    zone: '$TTL 5\na A 192.0.2.1 192.0.2.2',
    says: '2: "192.0.2.2" is one value too many for a record of type A',
  },
  {name: 'a word too few', zone: '$TTL 5\na MX 10', says: '2: a value is missing at the end'},
  {
    name: 'an unknown type',
    zone: '$TTL 5\na TYPO www',
    says: '2: "TYPO" is not a record type',
  },
  {
    name: 'a type of messages',
    zone: '$TTL 5\na OPT x',
    says: '2: "OPT" is not a record type',
  },
  {
    name: 'a fingerprint that is not hexadecimal',
    zone: '$TTL 5\na SSHFP 4 2 12345',
    says: '2: "12345" is not a value in hexadecimal',
  },
  {
    name: 'an unknown service parameter',
    zone: '$TTL 5\na HTTPS 1 . alp=h2',
    says: '2: "alp" is not a service parameter',
  },
  {
    name: 'an origin that would double each name',
    zone: '$ORIGIN shop.test\n$TTL 5\n@ SOA n h 1 2 3 4 5',
    says: '1: $ORIGIN shop.test has no final dot, so it means shop.test.shop.test.',
  },
  {
    name: 'a string that goes on in the next line',
    zone: '$TTL 5\na TXT "x\nb TXT y"\n',
    says: '2: a quote is never closed',
  },
  {
    name: 'a byte above 255',
    zone: '$TTL 5\na TXT "x\\300"',
    says: '2: "x\\300" has \\300, which is no byte: three digits follow the backslash, 255 at most',
  },
  {
    name: 'a byte of two digits',
    zone: '$TTL 5\na\\32b A 192.0.2.1',
    says: '2: "a\\32b" has \\3, which is no byte: three digits follow the backslash, 255 at most',
  },
  {
    name: 'a label of 64 bytes',
    zone: `$TTL 5\n${'k'.repeat(64)} A 192.0.2.1`,
    says: `2: "${'k'.repeat(64)}" has a label of 64 bytes, and DNS allows 63`,
  },
  {
    name: 'a name of 256 bytes',
    zone: `$TTL 5\na CNAME ${`${'k'.repeat(60)}.`.repeat(4)}x`,
    says: `2: "${`${'k'.repeat(60)}.`.repeat(4)}x" is a name of 257 bytes, and DNS allows 255`,
  },
  {
    name: 'a TTL of more than 31 bits',
    zone: '$TTL 5\na 2147483648 A 192.0.2.1',
    says: '2: the TTL 2147483648 is above 2147483647',
  },
  {
    name: 'such a TTL for all records',
    zone: '$TTL 9999w\na A 192.0.2.1',
    says: '1: the TTL 6047395200 is above 2147483647',
  },
  {name: 'another class', zone: '$TTL 5\na CH TXT "x"', says: '2: class CH is not IN'},
  {
    name: 'no TTL anywhere',
    zone: 'a A 192.0.2.1',
    says: '1: it has no TTL, and no line before it has one',
  },
])('a zone file with $name is refused, and the line is named', ({zone, says}) => {
  let said = '';
  try {
    recordsInFile(Buffer.from(zone), 'shop.test.');
  } catch (error) {
    said = error instanceof LineProblem ? `${error.line}: ${error.message}` : String(error);
  }
  expect(said).toBe(says);
});

test('a TTL of a message with its highest bit set is 0', () => {
  const record = [0, 0, 1, 0, 1, 0x80, 0, 0, 9, 0, 4, 192, 0, 2, 1];
  const message = Buffer.from([...[0, 1, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0], ...record]);
  expect(readMessage(message).answers).toEqual([
    {name: '.', type: 'A', ttl: 0, value: '192.0.2.1'},
  ]);
});

test.for([
  {typed: 'www', is: 'www.shop.test.'},
  {typed: 'WWW.shop.test', is: 'www.shop.test.'},
  {typed: '*.shop.test.', is: '\\052.shop.test.'},
  {typed: '\\052.shop.test', is: '\\052.shop.test.'},
  {typed: 'other.example.', is: 'other.example.'},
])('a name that is typed as $typed is $is', ({typed, is}) => {
  expect(asZoneName(typed, 'shop.test.')).toBe(is);
});

test('bytes of any encoding are copied as they are', () => {
  const latin1 = Buffer.from('$TTL 5\nt TXT "caf\u00e9 M\u00fcnchen"\n', 'latin1');
  expect(recordsInFile(latin1, 'shop.test.')).toMatchObject([{value: '"caf\\351 M\\374nchen"'}]);
});

const soa = '@ 60 SOA ns h 1 2 3 4 5\n';

test.for([
  {file: Buffer.from(''), says: 'it is empty'},
  {file: Buffer.from('\n \t\n'), says: 'it is empty'},
  {file: Buffer.from('; nothing\n'), says: 'it has no records'},
  {file: Buffer.from('www 60 A 192.0.2.1\n'), says: 'it has no SOA record'},
  {
    file: Buffer.from('www 60 SOA ns h 1 2 3 4 5\n'),
    says: 'its SOA record is at www.shop.test., not at shop.test.',
  },
  {
    file: Buffer.from(`${soa}@ 60 SOA ns h 2 2 3 4 5\n`),
    says: 'it has 2 SOA records instead of one',
  },
  {file: Buffer.from([0x1f, 0x8b, 8, 0]), says: 'it is compressed with gzip'},
  {
    file: Buffer.from(`\ufeff${soa}`, 'utf16le'),
    says: 'it is text in UTF-16, which no name server reads',
  },
  {
    file: Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 1, 2]),
    says: 'it is in a binary format of BIND: convert it with named-compilezone (-f raw -F text)',
  },
  {file: Buffer.from(`${soa}\0`), says: 'it has zero bytes, so it is not text'},
  {file: Buffer.from('<!DOCTYPE html>'), says: 'it is HTML or XML'},
  {file: Buffer.from('{"ResourceRecordSets": []}'), says: 'it is JSON'},
  {file: Buffer.from('\ufeff{"ResourceRecordSets": []}'), says: 'it is JSON'},
  {file: Buffer.from('\ufeff\r\n'), says: 'it is empty'},
  {
    file: Buffer.from('zone "shop.test" { type primary; };'),
    says: 'it is the configuration of a name server',
  },
  {file: Buffer.from('.shop.test:192.0.2.1:a:300\n'), says: 'it is in the format of tinydns'},
])('a file is no zone: $says', ({file, says}) => {
  expect(() => zoneInFile(file, 'shop.test.')).toThrow(new NoZone(says));
});

test('a zone may begin with the mark of UTF-8, and end with its SOA once more, as a transfer does', () => {
  expect(
    zoneInFile(Buffer.from(`\ufeff${soa}www 60 A 192.0.2.1\n${soa}`), 'shop.test.'),
  ).toHaveLength(3);
});
