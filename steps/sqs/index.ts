export type {QueueCounts, SqsReader} from './contract.ts';
export {sqsDrained} from './drained.ts';
export {sqsQueues} from './target.ts';
