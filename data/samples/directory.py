"""The lists around the sample park: parks, organisations, lenders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.exporters.files import people_csv_bytes
from data.samples.firms import Firm, fictional_uscc
from data.samples.vocabulary import PARKS

ORGANISATION_HEADER = (
    "organisation_id",
    "kind",
    "name_zh",
    "name_en",
    "uscc",
    "park_id",
    "lat",
    "lon",
)

# organisation, name; all invented
LABS = (
    ("LAB-01", "玉澄先进切削实验室", "Yucheng Advanced Cutting Laboratory"),
    ("LAB-02", "湘云高分子成型研究中心", "Xiangyun Polymer Processing Centre"),
    ("LAB-03", "龙锦金属增材研究所", "Longjin Institute of Metal Additive Manufacturing"),
    ("LAB-04", "玉澄表面工程实验室", "Yucheng Surface Engineering Laboratory"),
    ("LAB-05", "湘云机器视觉组", "Xiangyun Machine Vision Group"),
    ("LAB-06", "龙锦热处理技术中心", "Longjin Heat Treatment Centre"),
    ("LAB-07", "玉澄节能制造课题组", "Yucheng Energy in Manufacturing Group"),
    ("LAB-08", "湘云机器人装配实验室", "Xiangyun Robotic Assembly Laboratory"),
)
LENDERS = (
    (
        "BANK-01",
        "澄江科创银行园区支行（虚构）",
        "Chengjiang Innovation Bank (fictional)",
        (3000, 4500, 6000, 8000),
        435,
        5_000_000,
        800_000_000,
        180,
    ),
    (
        "BANK-02",
        "湘湖商业银行（虚构）",
        "Xianghu Commercial Bank (fictional)",
        (2500, 4000, 5500, 7500),
        398,
        20_000_000,
        2_000_000_000,
        270,
    ),
    (
        "FACT-01",
        "锦江供应链保理（虚构）",
        "Jinjiang Supply Chain Factoring (fictional)",
        (2000, 3500, 6500, 8500),
        620,
        1_000_000,
        300_000_000,
        120,
    ),
    (
        "FUND-01",
        "三园产业引导基金（虚构）",
        "Three Parks Guidance Fund (fictional)",
        (3000, 4500, 6000, 7000),
        350,
        50_000_000,
        1_500_000_000,
        360,
    ),
)
CENTRE = ("CENTRE-01", "三园产业服务中心（虚构）", "Three Parks Service Centre (fictional)")
AUDITOR = ("AUDIT-01", "衡岫会计师事务所（虚构）", "Hengxiu Auditors (fictional)")


def directory_files(firms: Sequence[Firm]) -> Mapping[str, bytes]:
    """Return the lists as CSV files for people: UTF-8 with a byte order mark."""
    return {
        "parks.csv": people_csv_bytes(
            ("park_id", "name_zh", "name_en", "lat", "lon", "timezone"),
            [(p.park_id, p.zh, p.en, p.lat, p.lon, "Asia/Shanghai") for p in PARKS],
        ),
        "organisations.csv": people_csv_bytes(ORGANISATION_HEADER, _organisations(firms)),
        "lenders.csv": people_csv_bytes(
            (
                "organisation_id",
                "alpha_confirmed_bps",
                "alpha_in_production_bps",
                "alpha_received_bps",
                "alpha_accepted_bps",
                "rate_bps",
                "least_fen",
                "most_fen",
                "tenor_days",
            ),
            [(lender[0], *lender[3], *lender[4:]) for lender in LENDERS],
        ),
    }


def _organisations(firms: Sequence[Firm]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (
            firm.firm_id,
            "enterprise",
            firm.zh,
            firm.en,
            firm.uscc,
            firm.park.park_id if firm.park else "",
            firm.lat,
            firm.lon,
        )
        for firm in firms
    ]
    others = [
        *((key, "research_provider", zh, en) for key, zh, en in LABS),
        *((lender[0], "lender", lender[1], lender[2]) for lender in LENDERS),
        (CENTRE[0], "service_centre", *CENTRE[1:]),
        (AUDITOR[0], "auditor", *AUDITOR[1:]),
    ]
    for number, (key, kind, zh, en) in enumerate(others, 1):
        rows.append((key, kind, zh, en, fictional_uscc(90_000 + 37 * number), "", "", ""))
    return rows
