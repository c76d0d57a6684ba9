export {beginningFor, downLab, findLab, type Lab, type LabOptions, upLab} from './client.ts';
export {type LabFault, type LabFaultName, labFaults} from './faults.ts';
export {findServer} from './mysql/find-server.ts';
export {variablesOfNextLab} from './next-lab.ts';
export type {LabStatus} from './status.ts';
export type {WatchReport} from './watch.ts';
export type {WriteCount} from './write-count.ts';
