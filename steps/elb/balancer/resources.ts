import type {ResourcesOf} from '../../aws/index.ts';

/** The resources of the actions (Service Authorization Reference, Elastic Load Balancing V2): reads have only `*`. */
export const resourcesOf =
  (region: string, balancer: string): ResourcesOf =>
  (action, account) => {
    const arn = (kind: string) =>
      `arn:aws:elasticloadbalancing:${region}:${account}:${kind}/*/${balancer}/*`;
    switch (action) {
      case 'elasticloadbalancing:ModifyListener':
        return [arn('listener')];
      case 'elasticloadbalancing:ModifyRule':
        return [arn('listener-rule')];
      default:
        return ['*'];
    }
  };
