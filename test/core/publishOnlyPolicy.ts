import type { Site } from '../../src/core/site';

/** The IAM policy of somebody who publishes a finished site and may provision nothing, with no more than that needs. */
export function publishOnlyPolicy({ id, account, region }: Pick<Site, 'id' | 'account' | 'region'>): object {
  const bucket = `arn:aws:s3:::sitelift-${id}-${account}-${region}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'FindTheSite',
        Effect: 'Allow',
        Action: [
          'ec2:DescribeInstances',
          'ec2:DescribeVolumes',
          'ssm:DescribeInstanceInformation',
          'cloudfront:ListDistributions',
          'cloudfront:ListTagsForResource',
          'cloudfront:GetDistribution',
        ],
        Resource: '*',
      },
      { Sid: 'ListTheBucket', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket },
      {
        Sid: 'SendImagesAndBundles',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: [`${bucket}/site/*`, `${bucket}/_sitelift/*`],
      },
      {
        Sid: 'InvalidateImages',
        Effect: 'Allow',
        Action: 'cloudfront:CreateInvalidation',
        Resource: `arn:aws:cloudfront::${account}:distribution/*`,
        Condition: { StringEquals: { 'aws:ResourceTag/sitelift:site': id } },
      },
      {
        Sid: 'RunOnTheServer',
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
        Condition: { StringEquals: { 'ssm:resourceTag/sitelift:site': id } },
      },
      {
        Sid: 'RunShellScripts',
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: `arn:aws:ssm:${region}::document/AWS-RunShellScript`,
      },
      {
        Sid: 'FollowWhatRuns',
        Effect: 'Allow',
        Action: ['ssm:GetCommandInvocation', 'ssm:CancelCommand'],
        Resource: '*',
      },
    ],
  };
}
