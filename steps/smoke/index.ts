export {httpAnswers} from './http.ts';
export {sqlAnswers} from './sql.ts';
export {type SiteReader, webSite} from './target.ts';
