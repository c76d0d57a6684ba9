export {type AwsOptions, type LabAws, startAws} from './testing/aws.ts';
export {type LabMysql, startMysql} from './testing/mysql.ts';
