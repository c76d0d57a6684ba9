export {changeDelegation} from './change-delegation.ts';
export {importZone} from './import-zone.ts';
export {lowerTtl} from './lower-ttl.ts';
export {type RegistrarReader, type RegistrarWriter, registrar} from './registrar/registrar.ts';
export {removeDs} from './remove-ds.ts';
export {restoreTtl} from './restore-ttl.ts';
export {shiftWeight} from './shift-weight.ts';
export {swapRecords} from './swap-records.ts';
export {hostedZone, type ZoneReader, type ZoneWriter} from './target.ts';
