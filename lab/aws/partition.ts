/** What ARNs of a region begin with: `arn:aws-cn` in China, `arn:aws-us-gov` in GovCloud (AWS General Reference). */
export const arnIn = (region: string): string =>
  `arn:${region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'}`;
