import {clusterOperations} from './ecs-cluster-api.ts';
import {definitionOperations} from './ecs-definition-api.ts';
import {deploymentOperations} from './ecs-deployment-api.ts';
import type {EcsAccess, Input, Operations} from './ecs-input.ts';
import {OneOffs} from './ecs-one-off.ts';
import {serviceOperations} from './ecs-service-api.ts';
import type {EcsWorld} from './ecs-state.ts';
import {taskOperations} from './ecs-task-api.ts';
import type {Tasks} from './ecs-tasks.ts';
import {AwsError, jsonReply} from './replies.ts';
import type {AwsReply, AwsRequest} from './service.ts';

const target = 'AmazonEC2ContainerServiceV20141113.';

const operations: Operations = {
  ...clusterOperations,
  ...definitionOperations,
  ...deploymentOperations,
  ...serviceOperations,
  ...taskOperations,
};

/** The ECS API: JSON 1.1, one function an operation. */
export class EcsApi {
  readonly #access: EcsAccess;

  constructor(world: EcsWorld, tasks: Tasks, stale: Pick<EcsAccess, 'staleReadMs' | 'faults'>) {
    this.#access = {world, oneOffs: new OneOffs(world, tasks), ...stale};
  }

  handle(request: AwsRequest): AwsReply {
    const name = request.headers['x-amz-target'] ?? '';
    const operation = operations[name.slice(target.length)];
    if (!name.startsWith(target) || !operation) {
      throw new AwsError('UnknownOperationException', `${name} is not an operation of this lab.`);
    }
    // The SDK sends an object for every operation.
    return jsonReply(operation(this.#access, JSON.parse(request.body || '{}') as Input));
  }
}
