import type { Route, RouteTable } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { unfitness, wayOutOf } from '../../../src/core/resources/network/subnets';

const out: Route = { DestinationCidrBlock: '0.0.0.0/0', State: 'active' };
const local: Route = { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' };
const main = (...routes: Route[]): RouteTable => ({
  ...{ VpcId: 'vpc-1', Associations: [{ Main: true }], Routes: [local, ...routes] },
});
const own = (...routes: Route[]): RouteTable => ({
  ...{ VpcId: 'vpc-1', Associations: [{ SubnetId: 'subnet-1' }], Routes: [local, ...routes] },
});

describe('the way out of a subnet', () => {
  const gateway = { ...out, GatewayId: 'igw-1' };
  const nat = { ...out, NatGatewayId: 'nat-1' };

  it('is that of its own table, else that of the main one of its network', () => {
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [main(gateway)]), 'gateway');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [main(gateway), own()]), 'none');
    assert.equal(wayOutOf('subnet-2', 'vpc-1', [main(), own(gateway)]), 'none');
    // Of a subnet that another account shares, AWS may show no table.
    assert.equal(wayOutOf('subnet-1', 'vpc-2', [main(gateway)]), 'unknown');
  });

  it('leads by a gateway only where one is named and still there, and elsewhere by anything else', () => {
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own(nat)]), 'elsewhere');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...out, GatewayId: 'vgw-1' })]), 'elsewhere');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...gateway, State: 'blackhole' })]), 'none');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...gateway, DestinationCidrBlock: '8.8.8.0/24' })]), 'none');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...nat, DestinationCidrBlock: '128.0.0.0/1' })]), 'elsewhere');
    const list: Route = { DestinationPrefixListId: 'pl-1', State: 'active' };
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...list, TransitGatewayId: 'tgw-1' })]), 'elsewhere');
    assert.equal(wayOutOf('subnet-1', 'vpc-1', [own({ ...list, GatewayId: 'vpce-1' })]), 'none');
  });

  it('and its free addresses decide whether a server can be there', () => {
    assert.equal(unfitness({ freeAddresses: 1, wayOut: 'gateway' }), undefined);
    assert.equal(unfitness({ freeAddresses: 0, wayOut: 'gateway' })?.isFinal, true);
    assert.match(unfitness({ freeAddresses: 1, wayOut: 'none' })?.reason ?? '', /unless the network has endpoints/);
    assert.equal(unfitness({ freeAddresses: 1, wayOut: 'none' })?.isFinal, false);
    assert.equal(unfitness({ freeAddresses: 1, wayOut: 'unknown' }), undefined);
    assert.equal(unfitness({ freeAddresses: 1, wayOut: 'elsewhere' })?.isFinal, false);
  });
});
