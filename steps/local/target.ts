import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {commandsOver} from '../hosts/index.ts';
import type {LocalReader, LocalWriter} from './contract.ts';
import {localShell} from './machine/shell.ts';

/** The machine on which switcharoo runs, as the account that runs it. */
export const localMachine = defineTarget({
  kind: 'local',
  config: z.object({}),
  async open(_config, {name}): Promise<Session<LocalReader, LocalWriter>> {
    const shell = localShell(name);
    const machine: LocalWriter = {name, hosts: [commandsOver(shell)]};
    return {reader: machine, writer: machine, close: async () => shell.close()};
  },
});
