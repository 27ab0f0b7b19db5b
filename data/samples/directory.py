"""The lists around the sample park: parks, organisations, laboratories, demands, lenders."""

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

# organisation, name, what it can do; all invented
LABS = (
    (
        "LAB-01",
        "玉澄先进切削实验室",
        "Yucheng Advanced Cutting Laboratory",
        "machining|tool-wear",
        "难加工材料铣削、刀具磨损监测、振动抑制",
        "milling of hard-to-cut materials, tool-wear monitoring, chatter suppression",
    ),
    (
        "LAB-02",
        "湘云高分子成型研究中心",
        "Xiangyun Polymer Processing Centre",
        "polymers|moulding",
        "注塑翘曲仿真、再生塑料配方、模温控制",
        "warpage simulation in moulding, recycled compounds, mould temperature control",
    ),
    (
        "LAB-03",
        "龙锦金属增材研究所",
        "Longjin Institute of Metal Additive Manufacturing",
        "additive|metallurgy",
        "钛合金粉末床熔融工艺、热等静压、疲劳评定",
        "powder-bed fusion of titanium, hot isostatic pressing, fatigue assessment",
    ),
    (
        "LAB-04",
        "玉澄表面工程实验室",
        "Yucheng Surface Engineering Laboratory",
        "coating|corrosion",
        "无铬阳极氧化、镀层结合力、盐雾与老化试验",
        "chromium-free anodising, coating adhesion, salt-spray and ageing tests",
    ),
    (
        "LAB-05",
        "湘云机器视觉组",
        "Xiangyun Machine Vision Group",
        "vision|inspection",
        "表面缺陷检测、少样本学习、在线测量",
        "surface-defect inspection, few-shot learning, in-line measurement",
    ),
    (
        "LAB-06",
        "龙锦热处理技术中心",
        "Longjin Heat Treatment Centre",
        "heat-treatment|metallurgy",
        "低变形渗碳、真空淬火、残余应力测量",
        "low-distortion carburising, vacuum hardening, residual-stress measurement",
    ),
    (
        "LAB-07",
        "玉澄节能制造课题组",
        "Yucheng Energy in Manufacturing Group",
        "energy|carbon",
        "机床能耗建模、余热回收、产品碳足迹",
        "energy models of machine tools, waste-heat recovery, product carbon footprints",
    ),
    (
        "LAB-08",
        "湘云机器人装配实验室",
        "Xiangyun Robotic Assembly Laboratory",
        "robotics|assembly",
        "柔性装配、力控打磨、机器人离线编程",
        "flexible assembly, force-controlled polishing, off-line robot programming",
    ),
)
# title, text, budget in yuan, months
DEMANDS = (
    (
        "薄壁铝件铣削变形大",
        "Thin-walled aluminium parts distort in milling",
        "壁厚 1.2 mm 的支架加工后平面度超差，希望在不增加工序的前提下降到 0.05 mm。",
        "Brackets with 1.2 mm walls miss flatness after milling; wanted: 0.05 mm, no extra step.",
        180_000,
        6,
    ),
    (
        "注塑外壳翘曲预测",
        "Predict warpage of moulded housings",
        "PC/ABS 外壳翘曲 0.8 mm，需要模流分析与模温方案。",
        "PC/ABS housings warp by 0.8 mm; wanted: flow analysis and a mould temperature scheme.",
        120_000,
        4,
    ),
    (
        "替代六价铬的阳极氧化前处理",
        "Replace hexavalent chromium before anodising",
        "保持 500 小时盐雾，取消含铬前处理。",
        "Keep 500 hours of salt spray and give up the chromium pretreatment.",
        260_000,
        9,
    ),
    (
        "齿轮轴渗碳变形",
        "Carburising distortion of gear shafts",
        "渗碳后跳动 0.12 mm，磨削余量过大，目标 0.05 mm。",
        "Run-out of 0.12 mm after carburising costs grinding stock; target 0.05 mm.",
        300_000,
        10,
    ),
    (
        "钣金焊缝外观缺陷在线检测",
        "In-line inspection of weld seams",
        "人工目检漏检率约 3%，希望相机在线判别气孔与咬边。",
        "Visual inspection misses about 3 %; wanted: cameras that find pores and undercut in line.",
        220_000,
        8,
    ),
    (
        "钛合金植入件疲劳寿命评定",
        "Fatigue life of printed titanium implants",
        "需要粉末床熔融试样的疲劳数据与评定报告。",
        "Fatigue data and an assessment of powder-bed fusion specimens are needed.",
        350_000,
        12,
    ),
    (
        "压铸机余热回收",
        "Recover heat from die-casting machines",
        "四台压铸机冷却水带走大量热量，希望用于清洗线加热。",
        "Cooling water of four machines carries heat away; it should heat the washing line.",
        160_000,
        6,
    ),
    (
        "机器人去毛刺编程耗时",
        "Programming robots for deburring takes too long",
        "每个新零件示教两天，希望由数模自动生成轨迹。",
        "Teaching takes two days per new part; paths should come from the model.",
        280_000,
        9,
    ),
    (
        "镀锌层氢脆控制",
        "Hydrogen embrittlement of zinc-plated parts",
        "高强螺栓镀锌后延迟断裂，需要除氢工艺窗口。",
        "High-strength bolts crack after plating; a process window for baking is needed.",
        140_000,
        5,
    ),
    (
        "产品碳足迹核算",
        "Product carbon footprint",
        "出口客户要求提供支架类产品碳足迹，需要可复核的数据方法。",
        "Export customers ask for footprints of brackets; a method with checkable data is needed.",
        90_000,
        3,
    ),
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
    makers = [firm for firm in firms if firm.trade is not None]
    return {
        "parks.csv": people_csv_bytes(
            ("park_id", "name_zh", "name_en", "lat", "lon", "timezone"),
            [(p.park_id, p.zh, p.en, p.lat, p.lon, "Asia/Shanghai") for p in PARKS],
        ),
        "organisations.csv": people_csv_bytes(ORGANISATION_HEADER, _organisations(firms)),
        "labs.csv": people_csv_bytes(
            ("organisation_id", "disciplines", "offers_zh", "offers_en"),
            [(lab[0], lab[3], lab[4], lab[5]) for lab in LABS],
        ),
        "demands.csv": people_csv_bytes(
            (
                "demand_id",
                "enterprise_id",
                "title_zh",
                "title_en",
                "text_zh",
                "text_en",
                "budget_fen",
                "months",
            ),
            [
                (f"TD-{n:02d}", makers[n * 4].firm_id, *texts, yuan * 100, months)
                for n, (*texts, yuan, months) in enumerate(DEMANDS, 1)
            ],
        ),
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
        *((lab[0], "research_provider", lab[1], lab[2]) for lab in LABS),
        *((lender[0], "lender", lender[1], lender[2]) for lender in LENDERS),
        (CENTRE[0], "service_centre", *CENTRE[1:]),
        (AUDITOR[0], "auditor", *AUDITOR[1:]),
    ]
    for number, (key, kind, zh, en) in enumerate(others, 1):
        rows.append((key, kind, zh, en, fictional_uscc(90_000 + 37 * number), "", "", ""))
    return rows
