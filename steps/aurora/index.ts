export type {AuroraConfig, AuroraReader, AuroraWriter} from './contract.ts';
export {openWrites} from './open-writes.ts';
export {promote} from './promote.ts';
export {readyAsTarget} from './ready-as-target.ts';
export {replicateFrom} from './replicate-from.ts';
export {restoreFromS3} from './restore-from-s3.ts';
export {seed} from './seed.ts';
export {auroraCluster} from './target.ts';
