export {MachineClock} from './run/machine-clock.ts';
export {FakeClock} from './testing/fake-clock.ts';
export {type FolderHost, type HostsInFolders, hostsInFolders} from './testing/hosts-in-folders.ts';
export {openTarget} from './testing/open-target.ts';
export {lawsOfRunbook, type RunbookCase} from './testing/runbook-laws.ts';
export {type Kill, Killed, type RigParts, RunbookRig} from './testing/runbook-rig.ts';
export {type LawCase, lawsOfStep, type TriedWorld} from './testing/step-laws.ts';
