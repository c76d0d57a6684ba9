import type {CommandMachines, CommandReader, CommandWriter} from '../hosts/index.ts';

/** The machine on which switcharoo runs: a group of one. */
export type LocalReader = CommandMachines<CommandReader>;
export type LocalWriter = CommandMachines<CommandWriter>;
