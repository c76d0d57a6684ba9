export {localCommand} from './command.ts';
export type {LocalReader, LocalWriter} from './contract.ts';
export {localShell} from './machine/shell.ts';
export {localMachine} from './target.ts';
