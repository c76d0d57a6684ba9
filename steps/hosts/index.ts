export {closePort} from './close-port.ts';
export type {HostReader, HostsConfig, HostsReader, HostsWriter, HostWriter} from './contract.ts';
export {forwardTraffic} from './forward-traffic.ts';
export {proxyReady} from './proxy-ready.ts';
export {stopAtJobs} from './stop-at-jobs.ts';
export {stopCrons} from './stop-crons.ts';
export {stopSupervisorPrograms} from './stop-supervisor-programs.ts';
export {stopWebServers} from './stop-web-servers.ts';
export {hostGroup} from './target.ts';
