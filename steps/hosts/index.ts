export {backupFresh} from './backup-fresh.ts';
export {closePort} from './close-port.ts';
export type {
  Command,
  CommandEnd,
  CommandMachines,
  CommandReader,
  CommandWriter,
} from './command/contract.ts';
export {type CommandShell, commandsOver} from './command/script.ts';
export {
  checkCommands,
  commandBefore,
  commandCheck,
  commandInput,
  commandOutput,
  doActions,
  undoActions,
} from './command/unit.ts';
export {hostsCommand} from './command.ts';
export type {HostReader, HostsConfig, HostsReader, HostsWriter, HostWriter} from './contract.ts';
export {dryHold} from './dry-hold.ts';
export {hostsFile} from './file.ts';
export type {TextFile, TextFileReader, TextFileWriter} from './files/contract.ts';
export {forwardTraffic} from './forward-traffic.ts';
export {holdConnections} from './hold-connections.ts';
export {noVisitors} from './no-visitors.ts';
export {oneRequestAConnection} from './one-request-a-connection.ts';
export {proxyReady} from './proxy-ready.ts';
export {releaseConnections} from './release-connections.ts';
export {IdleShells} from './shell/idle-shells.ts';
export {ownShell} from './shell/open-shell.ts';
export {stopAtJobs} from './stop-at-jobs.ts';
export {stopCrons} from './stop-crons.ts';
export {stopSupervisorPrograms} from './stop-supervisor-programs.ts';
export {stopWebServers} from './stop-web-servers.ts';
export {hostGroup, hostOver} from './target.ts';
export type {FileTree, Transfer, TransferEnd, TreeFile} from './tree/contract.ts';
