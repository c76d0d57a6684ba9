export {changeDelegation} from './change-delegation.ts';
export type {
  HostedZoneConfig,
  RegistrarConfig,
  RegistrarReader,
  RegistrarWriter,
  ZoneReader,
  ZoneWriter,
} from './contract.ts';
export {importZone} from './import-zone.ts';
export {lowerTtl} from './lower-ttl.ts';
export {removeDs} from './remove-ds.ts';
export {restoreTtl} from './restore-ttl.ts';
export {shiftWeight} from './shift-weight.ts';
export {swapRecords} from './swap-records.ts';
export {hostedZone, registrar} from './target.ts';
