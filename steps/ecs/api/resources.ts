import type {ResourcesOf} from '../../aws/rights.ts';

/**
 * On what the actions around a service are made (Service Authorization Reference, Amazon ECS). Task definitions are read
 * and listed by no narrower name than `*`, and tasks are listed by their cluster's condition key only.
 */
export const ecsResources =
  ({
    region,
    cluster,
    service,
  }: {
    readonly region: string;
    readonly cluster: string;
    readonly service: string;
  }): ResourcesOf =>
  (action, account) => {
    const arn = (rest: string) => `arn:aws:ecs:${region}:${account}:${rest}`;
    const [clusterName, serviceName] = [nameIn(cluster), nameIn(service)];
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
      case 'ecs:StopServiceDeployment':
        return [arn(`service-deployment/${clusterName}/${serviceName}/*`)];
      case 'iam:PassRole':
        return [`arn:aws:iam::${account}:role/*`];
      default:
        return ['*'];
    }
  };

/** The inventory may name it by its ARN. */
const nameIn = (nameOrArn: string): string => nameOrArn.split('/').at(-1) ?? nameOrArn;
