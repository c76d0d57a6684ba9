import {afterAll, beforeAll, describe} from 'vitest';
import type {RecordSet as LabSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import {dnsZone} from '../../../steps/dns/zone.ts';
import {importZone} from '../../../steps/route53/import-zone.ts';
import type {RecordSet} from '../../../steps/route53/record-set.ts';
import {lawsOfStep, type TriedWorld} from '../../contract/step-laws.ts';
import {text} from '../dns/world.ts';
import {fakeZone} from './fake-zone.ts';
import {labZone} from './lab-zone.ts';

const {signal} = new AbortController();
let old: DnsServer;
let parent: DnsServer;
const delegatedTo: string[] = ['ns1.old.test.'];
const oldRecords: LabSet[] = [
  {name: 'www.shop.test.', type: 'A', ttl: 60, values: ['192.0.2.11', '192.0.2.12']},
  {name: '\\052.shop.test.', type: 'CNAME', ttl: 300, values: ['www.shop.test.']},
  {name: 'shop.test.', type: 'TXT', ttl: 300, values: ['"v=spf1 -all"']},
  {name: 'shop.test.', type: 'MX', ttl: 300, values: ['10 mail.shop.test.']},
  // More than one request may hold.
  ...Array.from({length: 6}, (_, name) => ({
    name: `n${name}.shop.test.`,
    type: 'A',
    ttl: 60,
    values: Array.from({length: 200}, (_value, host) => `192.0.${name}.${host}`),
  })),
];

beforeAll(async () => {
  const address = '127.0.0.1';
  old = await startAuthoritative({
    address,
    zone: () => ({
      name: 'shop.test.',
      nameServers: ['ns1.old.test.'],
      records: oldRecords,
      transferable: true,
    }),
  });
  parent = await startAuthoritative({
    address,
    zone: () => ({
      name: 'test.',
      nameServers: ['ns1.test.'],
      records: [{name: 'shop.test.', type: 'NS', ttl: 60, values: delegatedTo}],
    }),
  });
});
afterAll(() => Promise.all([old?.stop(), parent?.stop()]));

async function served(config: object = {}, zone?: TriedWorld): Promise<TriedWorld> {
  const open = (name: string, given: object) =>
    dnsZone.open(dnsZone.config.parse(given), {name, signal});
  const hosted = zone ?? fakeZone();
  return {
    ...hosted,
    sessions: {
      ...hosted.sessions,
      old: await open('old', {domain: 'shop.test', servers: [text(old)], ...config}),
      parent: await open('parent', {domain: 'test', servers: [text(parent)]}),
    },
    picture: () => hosted.picture(),
    ...(hosted.close ? {close: () => hosted.close?.() ?? Promise.resolve()} : {}),
  };
}

const www: RecordSet = {
  name: 'www.shop.test.',
  type: 'A',
  ttlSeconds: 60,
  values: ['192.0.2.11', '192.0.2.12'],
};

lawsOfStep({
  step: importZone,
  input: {},
  world: () => served({}, fakeZone(www)),
  blockedWorld: () => served({}, fakeZone({...www, values: ['192.0.2.1']})),
});

describe('on the real SDK and the wire', () => {
  lawsOfStep({step: importZone, input: {}, world: async () => served({}, await labZone([]))});
});
