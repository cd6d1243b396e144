import assert from 'node:assert/strict';
import { GetProductsCommand, paginateGetProducts, PricingClient, type Filter } from '@aws-sdk/client-pricing';
import type { MadeUser } from '../sandbox';
import { code, startTestControlPlane, type TestControlPlane } from './testControlPlane';

interface Item {
  readonly product: { readonly productFamily?: string; readonly attributes: Readonly<Record<string, string>> };
  readonly terms: {
    readonly OnDemand: Readonly<
      Record<string, { readonly priceDimensions: Readonly<Record<string, { pricePerUnit: { USD: string } }>> }>
    >;
  };
}

describe('the control plane, on prices', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(() => plane.admin('POST', 'reset'));
  after(() => plane.stop());

  const clientIn = (region: string, credentials = plane.ec2.config.credentials) =>
    new PricingClient({ endpoint: plane.endpoint, region, maxAttempts: 1, credentials });
  const term = (Field: string, Value: string): Filter => ({ Type: 'TERM_MATCH', Field, Value });
  const LINUX = [
    ...[term('regionCode', 'us-east-1'), term('instanceType', 't3.micro'), term('operatingSystem', 'Linux')],
    ...[term('tenancy', 'Shared'), term('preInstalledSw', 'NA'), term('capacitystatus', 'Used')],
  ];
  const itemsOf = async (input: { ServiceCode: string; Filters?: Filter[]; MaxResults?: number }) => {
    const items: Item[] = [];
    let pages = 0;
    for await (const { PriceList = [] } of paginateGetProducts({ client: clientIn('us-east-1') }, input)) {
      pages += 1;
      for (const item of PriceList) items.push(JSON.parse(String(item)) as Item);
    }
    return { items, pages };
  };

  it('finds the one product that has all attributes, as a text of JSON', async () => {
    const { items } = await itemsOf({ ServiceCode: 'AmazonEC2', Filters: LINUX });
    assert.equal(items.length, 1);
    const [{ product, terms }] = items as [Item];
    assert.deepEqual(
      [product.productFamily, product.attributes['usagetype']],
      ['Compute Instance', 'BoxUsage:t3.micro'],
    );
    const [offer] = Object.values(terms.OnDemand);
    const [dimension] = Object.values(offer?.priceDimensions ?? {});
    assert.match(dimension?.pricePerUnit.USD ?? '', /^0\.\d{10}$/);
  });

  it('finds others beside it when less is asked for, and nothing where nothing has them all', async () => {
    assert.ok((await itemsOf({ ServiceCode: 'AmazonEC2', Filters: LINUX.slice(0, 3) })).items.length > 3);
    const addresses = [term('regionCode', 'us-east-1'), term('group', 'VPCPublicIPv4Address')];
    const { items } = await itemsOf({ ServiceCode: 'AmazonVPC', Filters: addresses });
    assert.deepEqual(items.map(({ product }) => product.attributes['usagetype']?.split(':')[1]).sort(), [
      'ContiguousBlock',
      'IdleAddress',
      'InUseAddress',
    ]);
    const none = await itemsOf({ ServiceCode: 'AmazonEC2', Filters: [...LINUX, term('tenancy', 'Dedicated')] });
    assert.deepEqual(none.items, []);
  });

  it('gives a page at a time, at most 100 products, and refuses tokens that it did not give', async () => {
    const whole = await itemsOf({ ServiceCode: 'AmazonEC2' });
    assert.ok(whole.items.length > 100 && whole.pages > 1, `${whole.items.length} in ${whole.pages}`);
    const small = await itemsOf({ ServiceCode: 'AmazonS3', MaxResults: 1 });
    assert.equal(small.pages, small.items.length);
    const client = clientIn('us-east-1');
    const ask = (more: object) => client.send(new GetProductsCommand({ ServiceCode: 'AmazonS3', ...more }));
    await assert.rejects(ask({ NextToken: 'x' }), code('InvalidNextTokenException'));
    await assert.rejects(ask({ MaxResults: 101 }), code('ValidationException'));
  });

  it('refuses services and attributes that it does not know, and answers in the regions of its endpoints only', async () => {
    const ask = (region: string, ServiceCode: string, Filters: Filter[] = []) =>
      clientIn(region).send(new GetProductsCommand({ ServiceCode, Filters }));
    await assert.rejects(ask('us-east-1', 'AmazonNothing'), code('InvalidParameterException'));
    await assert.rejects(ask('us-east-1', 'AmazonS3', [term('instanceType', 'x')]), code('InvalidParameterException'));
    assert.ok((await ask('eu-central-1', 'AmazonS3')).PriceList?.length);
    await assert.rejects(ask('eu-west-1', 'AmazonS3'), code('UnknownEndpoint'));
  });

  it('answers those alone who may ask', async () => {
    const keysOf = async (name: string, Action: string) => {
      const policy = [{ Effect: 'Allow', Action, Resource: '*' }];
      return plane.admin<MadeUser>('POST', 'users', { name, policy });
    };
    const ask = async (user: MadeUser) => {
      const client = new PricingClient({
        ...{ endpoint: plane.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: user },
      });
      return client.send(new GetProductsCommand({ ServiceCode: 'AmazonEC2', Filters: LINUX }));
    };
    assert.equal((await ask(await keysOf('ann', 'pricing:GetProducts'))).PriceList?.length, 1);
    await assert.rejects(ask(await keysOf('bob', 'ec2:*')), code('AccessDeniedException'));
  });
});
