export {deployImage} from './deploy-image.ts';
export {readyToDeploy} from './ready-to-deploy.ts';
export {registerRevision} from './register-revision.ts';
export {restoreScaling} from './restore-scaling.ts';
export {rolloutCapacity} from './rollout-capacity.ts';
export {runRevision} from './run-revision.ts';
export {runTask} from './run-task.ts';
export {suspendScaling} from './suspend-scaling.ts';
export {ecsService, type ServiceReader, type ServiceWriter} from './target.ts';
