"""The Price List API: products of a few regions in AWS's own format, found by exact attributes, a page at a time."""

from __future__ import annotations

import json
from typing import Any

from awscall import AwsError, Call
from gateway import handles
from pricing_products import ATTRIBUTES, Product, products

# The only regions of the commercial partition in which the API is reached.
ENDPOINTS = ("us-east-1", "eu-central-1", "ap-south-1")
MOST_RESULTS = 100
FILTER_TYPES = ("TERM_MATCH", "EQUALS")
TOKEN = "sandbox-page:"


@handles("pricing", "GetProducts")
def get_products(call: Call) -> object:
    """The products of a service that have all of the attributes asked for, as texts of JSON."""
    if call.region not in ENDPOINTS:
        raise AwsError("UnknownEndpoint", f"There is no Price List API in {call.region}.", 404)
    parameters = call.parameters
    service = parameters["ServiceCode"]
    if service not in ATTRIBUTES:
        raise _invalid(f"ServiceCode {service} is not known")
    if parameters.get("FormatVersion", "aws_v1") != "aws_v1":
        raise _invalid(f"FormatVersion {parameters['FormatVersion']} is not known")
    size = parameters.get("MaxResults", MOST_RESULTS)
    if not 1 <= size <= MOST_RESULTS:
        raise AwsError("ValidationException", "Value at 'maxResults' failed to satisfy constraint: 1 to 100", 400)
    filters = parameters.get("Filters") or []
    found = [product for product in products() if product.service == service and _fits(product, filters)]
    start = _start(parameters.get("NextToken"))
    answer: dict[str, Any] = {
        "FormatVersion": "aws_v1",
        "PriceList": [json.dumps(_written(product)) for product in found[start : start + size]],
    }
    if start + size < len(found):
        answer["NextToken"] = f"{TOKEN}{start + size}"
    return answer


def _fits(product: Product, filters: list[dict[str, Any]]) -> bool:
    for wanted in filters:
        if wanted["Type"] not in FILTER_TYPES:
            raise AwsError("NotImplementedInSandbox", f"The sandbox does not filter by {wanted['Type']}.", 501)
        if wanted["Field"] not in ATTRIBUTES[product.service]:
            raise _invalid(f"Field {wanted['Field']} is no attribute of {product.service}")
    return all(product.attribute(wanted["Field"]) == wanted["Value"] for wanted in filters)


def _start(token: str | None) -> int:
    if token is None:
        return 0
    number = token.removeprefix(TOKEN)
    if not token.startswith(TOKEN) or not number.isdigit():
        raise AwsError("InvalidNextTokenException", "The pagination token is invalid. Try again without it.", 400)
    return int(number)


def _written(product: Product) -> dict[str, Any]:
    sku = product.sku
    offer = f"{sku}.JRTCKXETXF"
    dimensions = {
        f"{offer}.{_rate(index)}": {
            "rateCode": f"{offer}.{_rate(index)}",
            "unit": product.unit,
            "beginRange": begin,
            "endRange": end,
            "description": f"${price} per {product.unit} of {product.usage_type}",
            "appliesTo": [],
            "pricePerUnit": {"USD": price},
        }
        for index, (begin, end, price) in enumerate(product.tiers)
    }
    attributes = {"servicecode": product.service, "usagetype": product.usage_type, **product.attributes}
    family = {"productFamily": product.family} if product.family else {}
    terms = {
        "OnDemand": {
            offer: {
                "sku": sku,
                "offerTermCode": "JRTCKXETXF",
                "effectiveDate": "2026-09-01T00:00:00Z",
                "priceDimensions": dimensions,
                "termAttributes": {},
            }
        }
    }
    return {
        "serviceCode": product.service,
        "product": {**family, "sku": sku, "attributes": attributes},
        "terms": terms if product.tiers else {},
        "version": "20260915120000",
        "publicationDate": "2026-09-15T12:00:00Z",
    }


def _rate(index: int) -> str:
    return ("6YS6EN2CT7", "PGHJ3S3EYE", "D42MF2PVJS")[index]


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Input Parameters are invalid : [{reason}]", 400)
