import {expect, test} from 'vitest';
import runbook from '../../runbooks/bare-metal-to-ecs.ts';

const options = {
  vpn: {tunnels: 'one'},
  partners: [{name: 'Pay & Go', reach: '+49 40 5678', addresses: ['203.0.113.7']}],
  sourceBackup: {hosts: 'dbHost', directory: '/backup', hoursMax: 24},
  snapshot: true,
  watch: {minutes: 15, alarms: ['shop-5xx']},
};
const others = {
  ...{moreServices: [], workers: [], schedules: [], documents: [], maintenancePages: []},
  ...{redis: [], redisQueues: [], sqsQueues: [], consumers: []},
};
const idsOf = (params: object) => runbook.expanded({...others, ...params} as never).entries;
const own = (params: object) => {
  const without = idsOf({}).map(({id}) => id);
  return idsOf(params).filter(({id}) => !without.includes(id));
};

test('without the parameters none of the safeguards is there', () => {
  const ids = idsOf({}).map(({id}) => id);
  expect(ids.filter((id) => /vpn|partner|backup|snapshot|watch/.test(id))).toEqual([]);
});

test('with them, all come before the question that they are evidence for', () => {
  expect(own(options).map(({id, phase}) => `${phase}: ${id}`)).toEqual([
    'Check the safeguards: vpn-up:vpn',
    'Check the safeguards: partner-knows:pay-go',
    'Check the safeguards: source-backup:source',
    'Check the safeguards: snapshot:aurora',
    'Cut over: watch-replication:source',
    'Cut over: watch-metrics:cloudwatch',
  ]);
  const entries = idsOf(options);
  const after = (id: string) => entries.find((entry) => entry.id === id)?.after ?? [];
  expect(after('go')).toEqual(
    expect.arrayContaining([
      'vpn-up:vpn',
      'partner-knows:pay-go',
      'source-backup:source',
      'snapshot:aurora',
    ]),
  );
  expect(after('accept')).toEqual(
    expect.arrayContaining(['watch-replication:source', 'watch-metrics:cloudwatch']),
  );
  expect(entries.find(({id}) => id === 'accept')?.phase).toBe('Cut over');
});

test('a backup that no host can show is asked for, and a watch without metrics watches replication', () => {
  const asked = {hosts: 'dbHost', hoursMax: 12, askedOf: {name: 'Backup team', reach: '555'}};
  const entries = own({sourceBackup: asked, watch: {minutes: 5, alarms: []}});
  expect(entries.map(({id}) => id)).toEqual([
    'source-backup-told:source',
    'watch-replication:source',
  ]);
  expect(entries[0]?.input({} as never)).toMatchObject({
    question: 'Is the last good backup of the source at most 12 h old?',
    owner: asked.askedOf,
  });
});
