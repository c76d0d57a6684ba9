export {caughtUp} from './caught-up.ts';
export {freezeWrites} from './freeze-writes.ts';
export {readyAsSource} from './ready-as-source.ts';
export {replicateBack} from './replicate-back.ts';
export {stillFrozen} from './still-frozen.ts';
export {stopReplication} from './stop-replication.ts';
export {type MysqlReader, type MysqlWriter, mysqlServer} from './target.ts';
export {verifyChanges} from './verify-changes.ts';
export {verifyData} from './verify-data.ts';
