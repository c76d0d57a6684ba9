export {localCommand} from './command.ts';
export type {LocalReader, LocalWriter} from './contract.ts';
export {localMachine} from './target.ts';
