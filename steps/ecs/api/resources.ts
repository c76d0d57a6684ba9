import {arnOf, type ResourcesOf} from '../../aws/index.ts';
import type {ServiceConfig} from '../contract.ts';

/**
 * The resources of the actions around a service (Service Authorization Reference, Amazon ECS). Task definitions are
 * read and listed by no narrower name than `*`, and tasks are listed by their cluster's condition key only.
 */
export const ecsResources =
  ({cluster, service}: ServiceConfig): ResourcesOf =>
  (action, place) => {
    const arn = (rest: string) => arnOf(place, 'ecs', rest);
    const [clusterName, serviceName] = [lastPart(cluster), lastPart(service)];
    switch (action) {
      case 'ecs:DescribeServices':
      case 'ecs:UpdateService':
        return [arn(`service/${clusterName}/${serviceName}`)];
      case 'ecs:DescribeTasks':
      case 'ecs:StopTask':
        return [arn(`task/${clusterName}/*`)];
      case 'ecs:ExecuteCommand':
        return [arn(`cluster/${clusterName}`), arn(`task/${clusterName}/*`)];
      case 'ecs:RunTask':
        return [arn('task-definition/*')];
      case 'ecs:DescribeServiceDeployments':
      case 'ecs:StopServiceDeployment':
        return [arn(`service-deployment/${clusterName}/${serviceName}/*`)];
      case 'ecr:BatchGetImage':
      case 'ecr:GetDownloadUrlForLayer':
      case 'ecr:GetRepositoryPolicy':
        return [arnOf(place, 'ecr', 'repository/*')];
      case 'iam:PassRole':
      case 'iam:SimulatePrincipalPolicy':
        return [arnOf(place, 'iam', 'role/*')];
      default:
        return ['*'];
    }
  };

/** A name of the inventory may be an ARN. */
const lastPart = (nameOrArn: string): string => nameOrArn.split('/').at(-1) ?? nameOrArn;
