import { DescribeFunctionCommand, GetFunctionCommand, GetOriginAccessControlCommand } from '@aws-sdk/client-cloudfront';
import type { Context } from '../context';
import type { Op } from '../op';
import { numbered, properties, type Part } from './template';

/** The origin access control by its id. */
export async function readAccessControlPart({ clients }: Context, id: string, op: Op): Promise<Part> {
  const { OriginAccessControl: seen } = await clients.cloudfront.send(new GetOriginAccessControlCommand({ Id: id }), {
    abortSignal: op.signal,
  });
  const logicalId = 'OriginAccessControl';
  return {
    ...{ logicalId, type: 'AWS::CloudFront::OriginAccessControl', identifier: { Id: id } },
    properties: properties({ OriginAccessControlConfig: seen?.OriginAccessControlConfig }),
    calledBy: [[id, { 'Fn::GetAtt': [logicalId, 'Id'] }]],
  };
}

/** A function by its name, as it runs at the edges. */
export async function readFunctionPart({ clients }: Context, Name: string, index: number, op: Op): Promise<Part> {
  const options = { abortSignal: op.signal };
  const [{ FunctionSummary: seen }, { FunctionCode }] = await Promise.all([
    clients.cloudfront.send(new DescribeFunctionCommand({ Name, Stage: 'LIVE' }), options),
    clients.cloudfront.send(new GetFunctionCommand({ Name, Stage: 'LIVE' }), options),
  ]);
  const arn = seen?.FunctionMetadata?.FunctionARN;
  if (!arn || !FunctionCode)
    throw new Error(`CloudFront answered without the ARN or the code of the function ${Name}.`);
  const { Comment, KeyValueStoreAssociations: stores, Runtime } = seen.FunctionConfig ?? {};
  const logicalId = numbered('UrlFunction', index);
  return {
    ...{ logicalId, type: 'AWS::CloudFront::Function', identifier: { FunctionARN: arn } },
    properties: {
      ...{ Name, AutoPublish: true, FunctionCode: new TextDecoder().decode(FunctionCode) },
      // CloudFormation asks for a comment, be it empty.
      FunctionConfig: { Comment: Comment ?? '', ...properties({ Runtime, KeyValueStoreAssociations: stores?.Items }) },
    },
    calledBy: [[arn, { 'Fn::GetAtt': [logicalId, 'FunctionARN'] }]],
  };
}
