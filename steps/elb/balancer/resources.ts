import {arnOf, type ResourcesOf} from '../../aws/index.ts';

/** The resources of the actions (Service Authorization Reference, Elastic Load Balancing V2): reads have only `*`. */
export const resourcesOf =
  (balancer: string): ResourcesOf =>
  (action, place) => {
    const arn = (kind: string) => arnOf(place, 'elasticloadbalancing', `${kind}/*/${balancer}/*`);
    switch (action) {
      case 'elasticloadbalancing:CreateRule':
      case 'elasticloadbalancing:ModifyListener':
        return [arn('listener')];
      case 'elasticloadbalancing:DeleteRule':
      case 'elasticloadbalancing:ModifyRule':
        return [arn('listener-rule')];
      default:
        return ['*'];
    }
  };
