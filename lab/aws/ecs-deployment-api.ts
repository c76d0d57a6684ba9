import {
  type EcsAccess,
  missing,
  type Operations,
  paged,
  serviceOf,
  text,
  texts,
} from './ecs-input.ts';
import * as shapes from './ecs-shapes.ts';
import {isInFlight} from './ecs-state.ts';
import {AwsError} from './replies.ts';

export const deploymentOperations: Operations = {
  ListServiceDeployments: (api, input) => {
    const service = serviceOf(api, text(input, 'service'));
    const statuses = texts(input['status'], []);
    const listed = service.history
      .filter(({record}) => statuses.length === 0 || statuses.includes(record.status))
      .map((recorded) => shapes.briefShape(api.world, service, recorded));
    return paged('serviceDeployments', listed, input);
  },

  DescribeServiceDeployments: (api, input) => {
    const arns = texts(input['serviceDeploymentArns'], []);
    const deployments = arns.flatMap((arn) => recordedOf(api, arn) ?? []);
    return {
      serviceDeployments: deployments.map(({service, recorded}) =>
        shapes.serviceDeploymentShape(api.world, service, recorded),
      ),
      failures: missing(arns.filter((arn) => !recordedOf(api, arn))),
    };
  },

  StopServiceDeployment: (api, input) => {
    const arn = text(input, 'serviceDeploymentArn');
    const deployment = recordedOf(api, arn);
    if (!deployment) {
      throw new AwsError(
        'ServiceDeploymentNotFoundException',
        "The service deploy ARN that you specified in the StopServiceDeployment doesn't exist.",
      );
    }
    if ((input['stopType'] ?? 'ROLLBACK') !== 'ROLLBACK') {
      throw new AwsError('InvalidParameterException', 'The stop type is not supported.');
    }
    const {record} = deployment.recorded;
    if (!isInFlight(record)) {
      throw new AwsError('ConflictException', 'The service deployment is not in progress.');
    }
    if (record.status === 'IN_PROGRESS') {
      record.status = 'ROLLBACK_REQUESTED';
    }
    return {serviceDeploymentArn: arn};
  },
};

function recordedOf({world}: EcsAccess, arn: string) {
  for (const service of world.services.values()) {
    const recorded = service.history.find(({record}) => record.arn === arn);
    if (recorded) {
      return {service, recorded};
    }
  }
  return undefined;
}
