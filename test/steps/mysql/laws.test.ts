import {lawsOfStep, type TriedWorld} from 'switcharoo/testing';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {openWritesInRing} from '../../../steps/aurora/open-writes-in-ring.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {armRing} from '../../../steps/mysql/arm-ring.ts';
import {freezeInRing} from '../../../steps/mysql/freeze-in-ring.ts';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {type FakeServer, fakeServers} from './fake-servers.ts';

type Fakes = ReturnType<typeof fakeServers>;

/** A fresh world in which `parts` are played by the servers that `begin` brings to a start. */
const world =
  (begin: (servers: Fakes) => Readonly<Record<string, FakeServer>>) =>
  async (): Promise<TriedWorld> => {
    const servers = fakeServers();
    const parts = Object.entries(begin(servers));
    return {
      sessions: Object.fromEntries(parts.map(([part, server]) => [part, server.session()])),
      picture: async () => servers.network.picture(),
    };
  };

const shopSession = {id: 7, user: 'shop', host: '10.0.0.5:4711', command: 'Sleep', seconds: 1};

// A session that was ended does not come back by a reversal; applications open another one.
const withoutSessions = (picture: unknown) =>
  JSON.parse(JSON.stringify(picture, (key, value) => (key === 'uncommitted' ? undefined : value)));

lawsOfStep({
  step: freezeWrites,
  input: {},
  world: world(({source}) => {
    source.superReadOnly = false;
    source.persisted = {read_only: 'OFF'};
    source.sessions = [shopSession, {...shopSession, id: 8, openSeconds: 1}];
    return {source};
  }),
  blockedWorld: world(({source}) => {
    source.prepared = 2;
    return {source};
  }),
  comparable: withoutSessions,
});

// A server of which accounts have to be locked.
lawsOfStep({
  step: freezeWrites,
  input: {lockUsers: ['shop']},
  world: world(({source}) => {
    source.accounts = [
      {user: 'dba', host: '%', locked: false, bound: false},
      {user: 'old', host: '%', locked: true, bound: false},
      {user: 'shop', host: '%', locked: false, bound: true},
    ];
    return {source};
  }),
  blockedWorld: world(({source}) => {
    source.readOnly = true;
    return {source};
  }),
  comparable: withoutSessions,
});

lawsOfStep({
  step: freezeWrites,
  input: {endSessions: false, watchMs: 0},
  world: world(({source}) => {
    source.sessions = [shopSession, {...shopSession, id: 8, openSeconds: 1}];
    return {source};
  }),
  blockedWorld: world(({source}) => {
    source.prepared = 2;
    return {source};
  }),
});

lawsOfStep({
  step: replicateFrom,
  input: {host: 'db2', ...fakeServers().seed},
  world: world(({aurora, replica}) => ({aurora, upstream: replica})),
  blockedWorld: world(({aurora, source, replica}) => {
    aurora.replicateFrom(source);
    return {aurora, upstream: replica};
  }),
});

lawsOfStep({
  step: promote,
  input: {},
  world: world(({aurora, replica, replicating}) => {
    replicating();
    return {aurora, upstream: replica};
  }),
  blockedWorld: world(({aurora, replica}) => ({aurora, upstream: replica})),
});

lawsOfStep({
  step: replicateBack,
  input: {host: 'aurora', file: 'aurora-bin.000001', position: 120},
  world: world(({source, aurora, promoted}) => {
    promoted();
    return {replica: source, source: aurora};
  }),
  blockedWorld: world(({source, aurora}) => ({replica: source, source: aurora})),
});

lawsOfStep({
  step: openWrites,
  input: {},
  world: world(({aurora, promoted}) => {
    promoted();
    return {aurora};
  }),
  blockedWorld: world(({aurora}) => ({aurora})),
});

lawsOfStep({
  step: openWrites,
  input: {endSessions: false},
  world: world(({aurora, promoted}) => {
    promoted();
    aurora.sessions = [shopSession];
    return {aurora};
  }),
  blockedWorld: world(({aurora}) => ({aurora})),
});

lawsOfStep({
  step: armRing,
  input: {host: 'aurora'},
  world: world(({source, replica, aurora, replicating}) => {
    replicating();
    return {source, replica, aurora};
  }),
  blockedWorld: world(({source, replica, aurora}) => ({source, replica, aurora})),
});

const inRing = ({source, aurora, replicating}: Fakes): void => {
  replicating();
  source.replicateFrom(aurora);
};

lawsOfStep({
  step: freezeInRing,
  input: {endSessions: false, watchMs: 0},
  world: world((servers) => {
    inRing(servers);
    const {source, aurora} = servers;
    source.sessions = [shopSession];
    return {source, aurora};
  }),
  blockedWorld: world((servers) => {
    inRing(servers);
    const {source, aurora} = servers;
    aurora.readOnly = false;
    return {source, aurora};
  }),
});

lawsOfStep({
  step: openWritesInRing,
  input: {},
  world: world((servers) => {
    inRing(servers);
    const {source, aurora} = servers;
    source.readOnly = true;
    return {source, aurora};
  }),
  blockedWorld: world((servers) => {
    inRing(servers);
    const {source, aurora} = servers;
    return {source, aurora};
  }),
});
