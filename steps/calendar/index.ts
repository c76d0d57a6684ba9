export {changeCalendar} from './target.ts';
