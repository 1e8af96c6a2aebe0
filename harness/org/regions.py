"""The platform's regions and their domains.

Source: SDK 269.0.0 purecloud_region_hosts.py; official CLI 166.0.0 build/gc/config/config.go, whose spellings with
underscores are taken too.
"""

from ..errors import UsageError

REGIONS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",  # FedRAMP
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
}


def domain_of(region: str) -> str:
    """The domain of a region given by its name, with - or _, or by that domain. Raises UsageError for any other.

    A domain that nobody knows is refused, since the client's secret would go there: a gateway has settings of its own.
    """
    said = region.strip().lower()
    if said in REGIONS.values():
        return said
    try:
        return REGIONS[said.replace("_", "-")]
    except KeyError:
        known = ", ".join(REGIONS)
        raise UsageError("UNKNOWN_REGION", f"{region!r} is no region of the platform: {known}.") from None
