"""What the sample park is made of: towns, trades, products, words for names. All invented."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkSite:
    """A park: an invented name at the position of a real industrial town."""

    park_id: str
    zh: str
    en: str
    town_zh: str
    town_en: str
    lat: float
    lon: float
    makers: int
    grid_g_per_kwh: int


PARKS = (
    ParkSite(
        park_id="PARK-KS",
        zh="玉澄精工园",
        en="Yucheng Precision Park",
        town_zh="昆山",
        town_en="Kunshan",
        lat=31.3856,
        lon=120.9807,
        makers=18,
        grid_g_per_kwh=590,
    ),
    ParkSite(
        park_id="PARK-XS",
        zh="湘云制造园",
        en="Xiangyun Manufacturing Park",
        town_zh="杭州",
        town_en="Hangzhou",
        lat=30.1841,
        lon=120.2644,
        makers=14,
        grid_g_per_kwh=530,
    ),
    ParkSite(
        park_id="PARK-LQ",
        zh="龙锦智造园",
        en="Longjin Works Park",
        town_zh="成都",
        town_en="Chengdu",
        lat=30.5567,
        lon=104.2748,
        makers=12,
        grid_g_per_kwh=180,
    ),
)

# Buyers that make nothing themselves: city, position.
CITIES = (
    ("上海", "Shanghai", 31.2304, 121.4737),
    ("上海", "Shanghai", 31.1128, 121.3817),
    ("苏州", "Suzhou", 31.2989, 120.5853),
    ("无锡", "Wuxi", 31.4912, 120.3119),
    ("常州", "Changzhou", 31.8107, 119.9741),
    ("南京", "Nanjing", 32.0603, 118.7969),
    ("宁波", "Ningbo", 29.8683, 121.5440),
    ("嘉兴", "Jiaxing", 30.7461, 120.7555),
    ("绍兴", "Shaoxing", 30.0303, 120.5802),
    ("合肥", "Hefei", 31.8206, 117.2272),
    ("武汉", "Wuhan", 30.5928, 114.3055),
    ("成都", "Chengdu", 30.6799, 104.0679),
    ("绵阳", "Mianyang", 31.4675, 104.6796),
    ("德阳", "Deyang", 31.1270, 104.3979),
    ("重庆", "Chongqing", 29.5630, 106.5516),
    ("西安", "Xi'an", 34.3416, 108.9398),
)

FIRST = (
    ("澄", "Cheng"),
    ("棠", "Tang"),
    ("昱", "Yu"),
    ("岚", "Lan"),
    ("汀", "Ting"),
    ("朔", "Shuo"),
    ("芷", "Zhi"),
    ("柘", "Zhe"),
    ("霁", "Ji"),
    ("槿", "Jin"),
    ("沅", "Yuan"),
    ("棣", "Di"),
    ("湛", "Zhan"),
    ("笙", "Sheng"),
    ("桦", "Hua"),
    ("翎", "Ling"),
)
SECOND = (
    ("砺", "li"),
    ("桁", "hang"),
    ("岫", "xiu"),
    ("衡", "heng"),
    ("禾", "he"),
    ("钧", "jun"),
    ("朴", "pu"),
    ("筠", "yun"),
)
BUYER_LINES = (
    ("自动化设备", "Automation"),
    ("医疗器械", "Medical Devices"),
    ("新能源科技", "New Energy"),
    ("汽车零部件", "Automotive Parts"),
    ("机器人", "Robotics"),
    ("仪器仪表", "Instruments"),
    ("航空装备", "Aviation Equipment"),
    ("轨道交通设备", "Rail Equipment"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A kind of factory: what it does, works and holds, and how fine and large it can make."""

    zh: str
    en: str
    processes: tuple[str, ...]
    materials: tuple[str, ...]
    share: float
    sizes: tuple[int, ...] = (2, 2, 3, 3, 4)
    tolerances: tuple[int, ...] = (7, 7, 8, 8)
    certificates: dict[str, float] = field(default_factory=lambda: {"ISO9001": 0.85})
    in_every_park: bool = False


_AUTO = {"ISO9001": 0.95, "IATF16949": 0.55, "ISO14001": 0.35}
METALS = ("steel", "stainless", "aluminium")
TRADES = (
    Trade(
        zh="精密机械",
        en="Precision Machinery",
        processes=("cnc-milling-3axis", "cnc-turning", "drilling-tapping", "deburring"),
        materials=(*METALS, "copper", "pom"),
        share=0.24,
        in_every_park=True,
    ),
    Trade(
        zh="五轴精工",
        en="Five-Axis Works",
        processes=("cnc-milling-5axis", "mill-turn", "inspection-cmm", "cnc-milling-3axis"),
        materials=("aluminium", "stainless", "titanium", "peek"),
        share=0.09,
        tolerances=(6, 6, 7),
        certificates={"ISO9001": 1.0, "AS9100": 0.5, "ISO13485": 0.5},
    ),
    Trade(
        zh="钣金结构",
        en="Sheet Metal",
        processes=("laser-cutting", "sheet-metal-bending", "welding-mig", "powder-coating"),
        materials=METALS,
        share=0.18,
        sizes=(2, 3, 3, 4),
        tolerances=(9, 10, 10),
        in_every_park=True,
    ),
    Trade(
        zh="塑胶科技",
        en="Plastics",
        processes=("injection-moulding", "assembly", "laser-marking"),
        materials=("abs", "pom", "pc", "pa66", "pp"),
        share=0.13,
        tolerances=(7, 8, 9),
        certificates=_AUTO,
        in_every_park=True,
    ),
    Trade(
        zh="压铸",
        en="Die Casting",
        processes=("die-casting", "cnc-milling-3axis", "deburring"),
        materials=("aluminium",),
        share=0.08,
        tolerances=(7, 8, 9),
        certificates=_AUTO,
    ),
    Trade(
        zh="表面处理",
        en="Surface Finishing",
        processes=("anodising", "zinc-plating", "wet-painting", "polishing"),
        materials=("aluminium", "steel", "stainless", "abs"),
        share=0.1,
        sizes=(2, 3, 4),
        tolerances=(6, 7, 8),
        in_every_park=True,
        certificates={"ISO9001": 0.8, "ISO14001": 0.7},
    ),
    Trade(
        zh="热处理与磨削",
        en="Heat Treatment and Grinding",
        processes=("heat-treatment", "grinding", "gear-hobbing", "edm-wire", "grinding"),
        materials=("steel", "stainless", "titanium"),
        share=0.1,
        tolerances=(6, 6, 7),
        certificates={"ISO9001": 0.9, "IATF16949": 0.5},
        in_every_park=True,
    ),
    Trade(
        zh="电子装配",
        en="Electronics Assembly",
        processes=("pcb-smt", "cable-assembly", "assembly", "leak-testing"),
        materials=("copper", "abs", "pc"),
        share=0.08,
        tolerances=(8, 9),
        certificates={"ISO9001": 1.0, "IATF16949": 0.4, "ISO13485": 0.4},
    ),
)

# Yuan per hour and kilowatts of a usual machine.
RATES = {
    "cnc-milling-3axis": (95, 11),
    "cnc-turning": (80, 9),
    "drilling-tapping": (65, 5),
    "deburring": (50, 2),
    "cnc-milling-5axis": (190, 24),
    "mill-turn": (150, 18),
    "inspection-cmm": (120, 3),
    "laser-cutting": (160, 28),
    "sheet-metal-bending": (90, 9),
    "welding-mig": (75, 12),
    "powder-coating": (70, 30),
    "injection-moulding": (110, 22),
    "assembly": (60, 2),
    "laser-marking": (60, 2),
    "die-casting": (140, 45),
    "anodising": (80, 26),
    "zinc-plating": (70, 24),
    "wet-painting": (75, 18),
    "polishing": (55, 4),
    "heat-treatment": (85, 60),
    "grinding": (95, 10),
    "gear-hobbing": (130, 14),
    "edm-wire": (110, 8),
    "pcb-smt": (180, 16),
    "cable-assembly": (55, 2),
    "leak-testing": (70, 3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that buyers order: its route, materials, sizes and what it asks for."""

    zh: str
    en: str
    route: tuple[str, ...]
    materials: tuple[str, ...]
    pieces: tuple[int, int]
    minutes: tuple[float, ...]  # per piece and step
    gram: int
    share: float
    sizes: tuple[int, ...] = (1, 1, 1, 2, 2, 3)
    tolerances: tuple[int, ...] = (8, 9, 10)
    certificates: dict[str, float] = field(default_factory=lambda: {"ISO9001": 0.5})
    optional_last: bool = False  # half of the orders leave out the last step


PRODUCTS = (
    Product(
        zh="铝合金支架",
        en="aluminium bracket",
        route=("cnc-milling-3axis", "anodising"),
        materials=("aluminium",),
        pieces=(40, 600),
        minutes=(9, 2),
        gram=420,
        share=0.14,
        optional_last=True,
    ),
    Product(
        zh="不锈钢法兰",
        en="stainless flange",
        route=("cnc-turning", "drilling-tapping"),
        materials=("stainless", "steel"),
        pieces=(30, 400),
        minutes=(11, 5),
        gram=1900,
        share=0.13,
    ),
    Product(
        zh="钣金机箱",
        en="sheet-metal enclosure",
        route=("laser-cutting", "sheet-metal-bending", "welding-mig", "powder-coating"),
        materials=METALS,
        pieces=(15, 160),
        minutes=(9, 12, 16, 9),
        gram=7200,
        share=0.16,
        sizes=(2, 3, 3),
        tolerances=(10, 11),
        optional_last=True,
    ),
    Product(
        zh="齿轮轴",
        en="gear shaft",
        route=("cnc-turning", "gear-hobbing", "heat-treatment", "grinding"),
        materials=("steel",),
        pieces=(30, 300),
        minutes=(8, 9, 3, 7),
        gram=1300,
        share=0.1,
        tolerances=(7, 8),
        certificates={"ISO9001": 0.6, "IATF16949": 0.25},
    ),
    Product(
        zh="注塑外壳",
        en="moulded housing",
        route=("injection-moulding", "assembly"),
        materials=("abs", "pc", "pa66", "pp"),
        pieces=(400, 4000),
        minutes=(0.7, 0.5),
        gram=95,
        share=0.12,
        tolerances=(9, 10),
        certificates={"ISO9001": 0.6, "IATF16949": 0.2},
        optional_last=True,
    ),
    Product(
        zh="压铸壳体",
        en="die-cast casing",
        route=("die-casting", "cnc-milling-3axis", "wet-painting"),
        materials=("aluminium",),
        pieces=(150, 1500),
        minutes=(0.9, 3, 1),
        gram=820,
        share=0.07,
        tolerances=(9, 10),
        certificates={"ISO9001": 0.7, "IATF16949": 0.25},
        optional_last=True,
    ),
    Product(
        zh="控制板组件",
        en="controller board",
        route=("pcb-smt", "assembly"),
        materials=("copper",),
        pieces=(80, 900),
        minutes=(1.6, 3),
        gram=180,
        share=0.06,
        tolerances=(9,),
    ),
    Product(
        zh="线束",
        en="cable harness",
        route=("cable-assembly",),
        materials=("copper",),
        pieces=(100, 800),
        minutes=(4,),
        gram=310,
        share=0.05,
        tolerances=(9,),
    ),
    Product(
        zh="钛合金植入件",
        en="titanium implant part",
        route=("cnc-milling-5axis", "inspection-cmm"),
        materials=("titanium",),
        pieces=(10, 80),
        minutes=(35, 6),
        gram=70,
        share=0.03,
        sizes=(1,),
        tolerances=(6, 7),
        certificates={"ISO13485": 0.6},
    ),
    Product(
        zh="航空结构件",
        en="aircraft structural part",
        route=("cnc-milling-5axis", "inspection-cmm"),
        materials=("aluminium",),
        pieces=(6, 60),
        minutes=(55, 9),
        gram=1600,
        share=0.05,
        sizes=(2, 3),
        tolerances=(7, 8),
        certificates={"AS9100": 0.4},
    ),
    Product(
        zh="模具镶件",
        en="mould insert",
        route=("edm-wire", "grinding"),
        materials=("steel",),
        pieces=(4, 40),
        minutes=(70, 25),
        gram=900,
        share=0.05,
        tolerances=(6, 7),
    ),
    Product(
        zh="镀锌安装板",
        en="zinc-plated mounting plate",
        route=("laser-cutting", "zinc-plating"),
        materials=("steel",),
        pieces=(60, 700),
        minutes=(3, 2),
        gram=1500,
        share=0.04,
        sizes=(1, 2, 3),
        tolerances=(10, 11),
    ),
)

# Wanted, but nobody in the three parks does it, or not like this: told as such in the reasons.
RARE_PRODUCTS = (
    ("油缸珩磨筒", "honed cylinder", ("cnc-turning", "honing"), "steel"),
    ("水切割石墨垫", "water-jet cut gasket", ("waterjet-cutting",), "abs"),
    ("金属打印叶轮", "printed impeller", ("additive-lpbf", "cnc-milling-5axis"), "titanium"),
)
