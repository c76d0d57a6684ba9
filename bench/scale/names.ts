import {createHash} from 'node:crypto';
import {AUTHORITATIVE_ANSWER} from 'dns-packet';
import {startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import type {RecordSet} from '../../lab/aws/record-set.ts';
import {createRoute53} from '../../lab/aws/route53.ts';
import {answerOf} from '../../lab/dns/rdata.ts';
import {type DnsResponse, type DnsServer, serveDns} from '../../lab/dns/server.ts';
import {wholeZone} from '../../lab/dns/zone.ts';
import {zonesMatch} from '../../steps/dns/zones-match.ts';
import {dnsZone} from '../../steps/name-servers/target.ts';
import {importZone} from '../../steps/route53/import-zone.ts';
import {hostedZone} from '../../steps/route53/target.ts';
import {figure, row, say} from './child.ts';

const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};
const domain = 'shop.test.';
const oldNames = ['ns1.old.test.', 'ns2.old.test.'];
const newNames = ['ns-1.aws.test.', 'ns-2.aws.test.'];

/** A zone is copied into Route 53 and compared there. Two servers on each side count the queries for each name. */
export async function benchNames(counts: readonly number[]): Promise<void> {
  say('\nNames copied to Route 53, and compared at four name servers\n');
  row(['names', 'copy s', 'calls', 'compare s', 'queries', 'CPU s']);
  for (const count of counts) {
    const {copyMs, calls, compareMs, most, cpuMs} = await measured(count);
    const seconds = [copyMs, compareMs, cpuMs].map((ms) => figure(ms / 1_000));
    row([count, seconds[0] ?? '', calls, seconds[1] ?? '', figure(most / count), seconds[2] ?? '']);
  }
}

async function measured(count: number) {
  const cpu = process.cpuUsage();
  const world = await started(count);
  try {
    const {signal} = new AbortController();
    const {old, zone} = world.sessions;
    const look = {
      input: importZone.input.parse({}),
      run: {id: 'r', entry: 'e', started: false},
      now: new Date(),
      signal,
    };
    const targets = {old: old.reader, zone: zone.reader, parent: old.reader};
    const copyFrom = performance.now();
    const verdict = await importZone.check({...look, targets});
    if (verdict.kind !== 'pending') {
      throw new Error(JSON.stringify(verdict));
    }
    const planned = await importZone.plan({...look, targets}, verdict.before);
    if (!Array.isArray(planned)) {
      throw new Error(JSON.stringify(planned));
    }
    for (const action of planned) {
      await action.perform(zone.writer, signal, () => {});
    }
    const copyMs = performance.now() - copyFrom;
    const calls = world.calls();
    world.serve();
    const compareFrom = performance.now();
    const compared = await zonesMatch.check({
      ...{...look, input: zonesMatch.input.parse({})},
      targets: {old: old.reader, new: world.sessions.new.reader, zone: zone.reader},
    });
    if (compared.kind !== 'done') {
      throw new Error(JSON.stringify(compared));
    }
    const compareMs = performance.now() - compareFrom;
    const {user, system} = process.cpuUsage(cpu);
    return {
      copyMs,
      calls,
      compareMs,
      most: Math.max(...world.asked()),
      cpuMs: (user + system) / 1e3,
    };
  } finally {
    await world.stop();
  }
}

async function started(count: number) {
  const records = recordsOf(count);
  const zones = [{id: 'ZSHOP', name: 'shop.test', nameServers: newNames, records: []}];
  const route53 = createRoute53({zones, insyncMs: 0});
  const endpoint = await startAwsEndpoint({services: [route53], credentials});
  let copied: readonly RecordSet[] = [];
  const servers = await Promise.all([
    ...oldNames.map(() => counting(() => records)),
    ...newNames.map(() => counting(() => copied)),
  ]);
  const {signal} = new AbortController();
  const zoneAt = (name: string, names: readonly string[], from: number) =>
    dnsZone.open(
      dnsZone.config.parse({
        domain,
        servers: names.map((server, at) => ({name: server, at: placeOf(servers[from + at])})),
      }),
      {name, signal},
    );
  const config = {endpoint: endpoint.url, credentials, zoneId: 'ZSHOP'};
  const sessions = {
    old: await zoneAt('old', oldNames, 0),
    new: await zoneAt('new', newNames, oldNames.length),
    zone: await hostedZone.open(hostedZone.config.parse(config), {name: 'zone', signal}),
  };
  return {
    sessions,
    calls: () =>
      ['ListResourceRecordSets', 'ChangeResourceRecordSets']
        .map((operation) => endpoint.calls('route53', operation))
        .reduce((sum, calls) => sum + calls),
    /** From now on the new servers answer with what is in Route 53. */
    serve: () => {
      copied = route53.listed('ZSHOP');
    },
    asked: () => servers.map(({queries}) => queries()),
    stop: async () => {
      await Promise.all(Object.values(sessions).map((session) => session.close()));
      await Promise.all([endpoint.stop(), ...servers.map(({server}) => server.stop())]);
    },
  };
}

const recordsOf = (count: number): readonly RecordSet[] =>
  Array.from({length: count}, (_, at) => ({
    ...{name: `h${at}.${domain}`, type: 'A', ttl: 60},
    values: [`192.0.2.${at % 250}`, `198.51.100.${addressEnd(at)}`],
  }));

const addressEnd = (at: number): number => createHash('sha256').update(`${at}`).digest()[0] ?? 0;

const placeOf = (counted: {readonly server: DnsServer} | undefined): string =>
  `${counted?.server.address}:${counted?.server.port}`;

/** It finds a name at once: what is measured is the side that asks. */
async function counting(records: () => readonly RecordSet[]) {
  let queries = 0;
  let from: readonly RecordSet[] | null = null;
  let sets: ReadonlyMap<string, RecordSet> = new Map();
  let names: ReadonlySet<string> = new Set();
  const server = await serveDns('127.0.0.1', async ({name, type}) => {
    queries += 1;
    if (from !== records()) {
      from = records();
      sets = new Map(from.map((set) => [keyOf(set), set]));
      names = new Set(from.map((set) => dotted(set.name)));
    }
    if (type === 'AXFR') {
      const zone = {name: domain, nameServers: oldNames, transferable: true, records: [...from]};
      return response('NOERROR', wholeZone(zone));
    }
    const set = sets.get(keyOf({name, type}));
    const answers = set?.values?.map((value) => answerOf(dotted(name), type, set.ttl ?? 0, value));
    return response(names.has(dotted(name)) ? 'NOERROR' : 'NXDOMAIN', answers ?? []);
  });
  return {server, queries: () => queries};
}

const response = (rcode: DnsResponse['rcode'], answers: DnsResponse['answers']): DnsResponse => ({
  rcode,
  flags: AUTHORITATIVE_ANSWER,
  answers,
  authorities: [],
});

const dotted = (name: string): string => `${name.replace(/\.$/, '').toLowerCase()}.`;

const keyOf = ({name, type}: {readonly name: string; readonly type: string}): string =>
  `${dotted(name)} ${type}`;
