import {lawsOfStep, type TriedWorld} from 'switcharoo/testing';
import {afterAll, beforeAll} from 'vitest';
import type {Session} from '../../../src/model/target.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {openWritesInRing} from '../../../steps/aurora/open-writes-in-ring.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {armRing} from '../../../steps/mysql/arm-ring.ts';
import type {Position} from '../../../steps/mysql/contract.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {run} from './placed-unit.ts';
import {openRealServers, pictureOf, type RealServers} from './real-servers.ts';

// The same laws as on the fakes, on real servers that follow each other. Those of the freeze are in fence.test.ts.
forEachPair('the steps of the databases', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());

  const picture = async () => ({
    source: await pictureOf(servers.databases.source),
    aurora: await pictureOf(servers.databases.aurora),
  });

  const worldOf = (
    parts: Readonly<Record<string, Session<unknown, any>>>,
    close: () => Promise<void> = async () => {},
  ): TriedWorld => ({sessions: parts, picture, close});

  lawsOfStep({
    step: replicateFrom,
    get input() {
      return {...servers.at.replica, ...servers.databases.seed};
    },
    world: async () => {
      await servers.begin();
      return worldOf({aurora: servers.aurora, upstream: servers.replica});
    },
  });

  lawsOfStep({
    step: promote,
    input: {},
    world: async () => {
      await servers.replicating();
      return worldOf({aurora: servers.aurora, upstream: servers.replica});
    },
    blockedWorld: async () => {
      await servers.begin();
      return worldOf({aurora: servers.aurora, upstream: servers.replica});
    },
  });

  let promoted: Position;
  lawsOfStep({
    step: replicateBack,
    get input() {
      return {...servers.at.aurora, ...promoted};
    },
    world: async () => {
      await servers.begin();
      await servers.databases.source.query('SET GLOBAL read_only = ON');
      await servers.databases.aurora.query('SET GLOBAL read_only = ON');
      promoted = await servers.aurora.reader.position();
      return worldOf({replica: servers.source, source: servers.aurora});
    },
    blockedWorld: async () => {
      await servers.begin();
      return worldOf({replica: servers.source, source: servers.aurora});
    },
  });

  lawsOfStep({
    step: openWrites,
    input: {},
    world: async () => {
      await servers.begin();
      await servers.databases.aurora.query('SET GLOBAL read_only = ON');
      return worldOf({aurora: servers.aurora});
    },
    blockedWorld: async () => {
      await servers.begin();
      return worldOf({aurora: servers.aurora});
    },
  });

  lawsOfStep({
    step: armRing,
    get input() {
      return servers.at.aurora;
    },
    world: async () => {
      await servers.replicating();
      const {source, replica, aurora} = servers;
      return worldOf({source, replica, aurora});
    },
    blockedWorld: async () => {
      await servers.begin();
      const {source, replica, aurora} = servers;
      return worldOf({source, replica, aurora});
    },
  });

  lawsOfStep({
    step: openWritesInRing,
    input: {endSessions: false},
    world: async () => {
      await servers.replicating();
      const {source, replica, aurora} = servers;
      await run({
        id: 'ring',
        unit: armRing,
        on: {source, replica, aurora},
        input: servers.at.aurora,
      });
      await servers.databases.source.query('SET GLOBAL read_only = ON');
      return worldOf({source, aurora});
    },
    blockedWorld: async () => {
      await servers.begin();
      const {source, aurora} = servers;
      return worldOf({source, aurora});
    },
  });
});
