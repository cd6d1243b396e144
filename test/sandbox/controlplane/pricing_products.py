"""A small price list: what a site consists of in a few regions, and beside each what AWS's own list has beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

Tier = tuple[str, str, str]

COMMON = {"regionCode", "location", "locationType", "usagetype", "operation", "servicecode", "productFamily", "group"}
EC2_ONLY = {
    "instanceType",
    "operatingSystem",
    "tenancy",
    "preInstalledSw",
    "capacitystatus",
    "licenseModel",
    "marketoption",
    "volumeApiName",
    "volumeType",
    "storageMedia",
}
# The attributes by which the products of a service can be found.
ATTRIBUTES = {
    "AmazonEC2": COMMON | EC2_ONLY,
    "AmazonVPC": COMMON,
    "AmazonS3": COMMON | {"storageClass", "volumeType", "durability"},
}

# Region -> (its name, prefix of its usage types, by how much it is dearer than the first one).
REGIONS = {
    "us-east-1": ("US East (N. Virginia)", "", 1.0),
    "eu-central-1": ("EU (Frankfurt)", "EUC1-", 1.15),
    "eu-west-1": ("EU (Ireland)", "EU-", 1.1),
}
INSTANCES = {
    "t3.nano": 0.0052,
    "t3.micro": 0.0104,
    "t3.small": 0.0208,
    "t3.medium": 0.0416,
    "t4g.micro": 0.0084,
    "m7i.large": 0.1008,
}
VOLUMES = {"gp2": 0.10, "gp3": 0.08, "st1": 0.045, "sc1": 0.015}


@dataclass(frozen=True)
class Product:
    service: str
    family: str
    usage_type: str
    unit: str
    attributes: dict[str, str]
    # Begin, end and price of each; none for what is not sold on demand.
    tiers: tuple[Tier, ...]

    @property
    def sku(self) -> str:
        text = repr((self.service, self.usage_type, sorted(self.attributes.items())))
        return hashlib.sha256(text.encode()).hexdigest()[:16].upper()

    def attribute(self, name: str) -> str | None:
        own = {"usagetype": self.usage_type, "servicecode": self.service, "productFamily": self.family}
        return own[name] if name in own else self.attributes.get(name)


@cache
def products() -> tuple[Product, ...]:
    """Everything that is sold, in a fixed order."""
    return tuple(product for region in REGIONS for product in _of(region))


def _of(region: str) -> Iterator[Product]:
    yield from _instances(region)
    yield from _disks(region)
    yield from _snapshots(region)
    yield from _addresses(region)
    yield from _objects(region)


def _instances(region: str) -> Iterator[Product]:
    for name, base in INSTANCES.items():
        for system, tenancy, software, status, kind, factor in (
            ("Linux", "Shared", "NA", "Used", "BoxUsage", 1.0),
            ("Linux", "Shared", "SQL Web", "Used", "BoxUsage", 7.0),
            ("Linux", "Shared", "NA", "UnusedCapacityReservation", "UnusedBox", 1.0),
            ("Linux", "Shared", "NA", "AllocatedCapacityReservation", "Reservation", 0.0),
            ("Linux", "Dedicated", "NA", "Used", "DedicatedUsage", 1.1),
            ("Windows", "Shared", "NA", "Used", "BoxUsage", 1.9),
            ("RHEL", "Shared", "NA", "Used", "BoxUsage", 2.4),
        ):
            attributes = _in(region, "RunInstances") | {
                "instanceType": name,
                "operatingSystem": system,
                "tenancy": tenancy,
                "preInstalledSw": software,
                "capacitystatus": status,
                "licenseModel": "No License required",
                "marketoption": "OnDemand",
            }
            price = _price(base * factor, region)
            yield _product(region, "AmazonEC2", "Compute Instance", f"{kind}:{name}", "Hrs", attributes, price)


def _disks(region: str) -> Iterator[Product]:
    for name, base in VOLUMES.items():
        attributes = _in(region, "") | {"volumeApiName": name, "volumeType": "General Purpose", "storageMedia": "SSD"}
        usage = f"EBS:VolumeUsage.{name}"
        price = _price(base, region)
        yield _product(region, "AmazonEC2", "Storage", usage, "GB-Mo", attributes, price)
        outpost = attributes | {"locationType": "AWS Outposts"}
        yield _product(region, "AmazonEC2", "Storage", f"{usage}.outposts", "GB-Mo", outpost, "0.0000000000")


def _snapshots(region: str) -> Iterator[Product]:
    for usage, base in (
        ("EBS:SnapshotUsage", 0.05),
        ("EBS:SnapshotUsageUnderBilling", 0.0),
        ("EBS:SnapshotArchiveStorage", 0.0125),
    ):
        attributes = _in(region, "") | {"storageMedia": "Amazon S3"}
        yield _product(region, "AmazonEC2", "Storage Snapshot", usage, "GB-Mo", attributes, _price(base, region))


def _addresses(region: str) -> Iterator[Product]:
    # VPC writes a prefix for the first region as well, and no family.
    prefix = REGIONS[region][1] or "USE1-"
    for kind, price in (("InUseAddress", "0.005"), ("IdleAddress", "0.005"), ("ContiguousBlock", "0.008")):
        attributes = _in(region, "") | {"group": "VPCPublicIPv4Address"}
        tiers = (("0", "Inf", f"{price}0000000"),)
        yield Product("AmazonVPC", "", f"{prefix}PublicIPv4:{kind}", "Hrs", attributes, tiers)


def _objects(region: str) -> Iterator[Product]:
    prefix = REGIONS[region][1]
    for volume, usage, prices in (
        ("Standard", "TimedStorage-ByteHrs", (0.023, 0.022, 0.021)),
        ("Standard - Infrequent Access", "TimedStorage-SIA-ByteHrs", (0.0125,)),
    ):
        attributes = _in(region, "") | {"storageClass": "General Purpose", "volumeType": volume}
        attributes["durability"] = "99.999999999%"
        limits = ("0", "51200", "512000")
        tiers = tuple(
            (limits[index], limits[index + 1] if index + 1 < len(prices) else "Inf", _price(price, region))
            for index, price in enumerate(prices)
        )
        yield Product("AmazonS3", "Storage", f"{prefix}{usage}", "GB-Mo", attributes, tiers)


def _product(
    region: str, service: str, family: str, usage: str, unit: str, attributes: dict[str, str], price: str
) -> Product:
    return Product(service, family, f"{REGIONS[region][1]}{usage}", unit, attributes, (("0", "Inf", price),))


def _in(region: str, operation: str) -> dict[str, str]:
    location = {"regionCode": region, "location": REGIONS[region][0], "locationType": "AWS Region"}
    return {**location, "operation": operation}


def _price(base: float, region: str) -> str:
    return f"{base * REGIONS[region][2]:.10f}"
