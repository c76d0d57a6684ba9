export type {Schedule, ScheduleId, SchedulerReader, SchedulerWriter} from './contract.ts';
export {enableSchedules} from './enable-schedules.ts';
export {eventScheduler} from './target.ts';
