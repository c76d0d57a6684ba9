export type {CloudWatchReader, CloudWatchWriter} from './contract.ts';
export {muteAlarms} from './mute-alarms.ts';
export {cloudWatch} from './target.ts';
export {unmuteAlarms} from './unmute-alarms.ts';
export {watchMetrics} from './watch-metrics.ts';
