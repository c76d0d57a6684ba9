export {FakeClock} from './testing/fake-clock.ts';
export {type FolderHost, type HostsInFolders, hostsInFolders} from './testing/hosts-in-folders.ts';
export {type LawCase, lawsOfStep, type TriedWorld} from './testing/step-laws.ts';
