import {expect, test} from 'vitest';
import {RequestLog} from '../../../lab/clients/requests.ts';
import {labStatusText, writeCountText} from '../../../src/cli/actions/lab-text.ts';

const clients = {
  acknowledged: 1_210,
  refused: 2,
  unanswered: 0,
  outageMs: 48,
  outages: [],
  bySide: {old: 1_210},
  p50Ms: 4.1,
  p99Ms: 12.5,
  lastFailure: 'refused: status 503: no',
  reads: {answered: 604, failed: 0, lastFailure: null},
  requests: {...new RequestLog().report(), failures: []},
};

test('the state of the lab takes a line for each system', () => {
  const text = labStatusText({
    clients,
    faults: [{name: 'aws', what: 'AWS answers no call', sinceUtc: '2026-01-01T03:12:07.000Z'}],
    world: {
      databases: {
        source: {readOnly: false, events: 'OFF', replicatesFrom: null, threads: null},
        replica: {
          readOnly: true,
          events: 'OFF',
          replicatesFrom: '127.1.2.21:33',
          threads: 'Yes/Yes',
        },
        aurora: {
          readOnly: false,
          events: 'OFF',
          replicatesFrom: '127.1.2.22:34',
          threads: 'Yes/No',
        },
      },
      records: [
        {name: 'www.shop.test.', type: 'A', ttl: 5, values: ['127.1.2.11', '127.1.2.12']},
        {name: 'shop.test.', type: 'TXT', ttl: 300, values: ['"v=spf1 -all"']},
      ],
      moving: {
        domain: {
          name: 'moving.test',
          nameServers: [{name: 'ns1.old.test'}, {name: 'ns2.old.test'}],
        },
        records: [],
      },
      services: [{name: 'shop', taskDefinition: 'shop:2', desiredCount: 2, runningCount: 1}],
      units: {
        db1: {'shop.service': 'not-found'},
        web1: {'shop.service': 'active', 'nginx.service': 'active'},
      },
      proxies: [],
      targets: ['127.1.2.151 healthy'],
    },
  });
  expect(`\n${text}\n`).toBe(`
faults       aws            AWS answers no call, since 03:12:07 UTC
databases    source         accepts writes, replicates from no server
             replica        read_only, replicates from 127.1.2.21:33 (threads running)
             aurora         accepts writes, replicates from 127.1.2.22:34 (threads Yes/No)
application  web1           shop.service active, nginx.service active
DNS          www.shop.test  A 127.1.2.11 127.1.2.12, TTL 5 s
             moving.test    NS ns1.old.test ns2.old.test
ECS          shop           1 of 2 tasks running, task definition shop:2
             targets        127.1.2.151 healthy
clients      writes         1210 acknowledged, 2 refused, 0 unanswered; half of them within 4.1 ms, 99 % within 12.5 ms
             reads          604 answered, 0 failed
             outage         48 ms, the longest of a client
             last failure   refused: status 503: no
`);
});

test('the count of the writes names the database in charge', () => {
  const count = {
    ...({inCharge: 'aurora', acknowledged: 900, lost: 0, duplicated: 1, outageMs: 48} as const),
    clients,
    rows: {compared: 1_201, different: 1, first: ['shop.orders id = 7 is only on source']},
    lookups: {right: 80, wrong: 0, unanswered: 0, lastWrong: null},
  };
  expect(writeCountText(count)).toBe(
    [
      'writes   900 acknowledged; on aurora, which is in charge, 0 lost and 1 duplicated',
      'rows     1,201 of both databases compared, 1 differs: shop.orders id = 7 is only on source',
      'reads    604 answered, 0 failed',
      'lookups  80 right, 0 wrong',
      'outage   48 ms, the longest of a client',
    ].join('\n'),
  );
});
