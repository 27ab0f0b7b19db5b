"""Water, software, medical devices, food: phrases of the sample demands and teams."""

from data.samples.technology_topic import Topic, wanted

SERVICES: tuple[Topic, ...] = (
    Topic(
        key="WAT",
        name=("水处理", "water treatment"),
        discipline="610",
        industry="77",
        ipc="C02F 1/44",
        skills=(
            ("膜分离", "membrane separation"),
            ("高级氧化", "advanced oxidation"),
            ("零排放工艺", "zero liquid discharge"),
        ),
        objects=(
            ("电镀废水", "electroplating waste water"),
            ("高盐浓水", "saline concentrate"),
            ("反渗透膜污染", "fouling of reverse osmosis"),
            ("含氟废水", "fluoride waste water"),
        ),
        methods=(
            ("电渗析浓缩", "concentration by electrodialysis"),
            ("臭氧催化氧化", "catalytic ozonation"),
            ("纳滤分盐", "salt separation by nanofiltration"),
            ("诱导结晶", "induced crystallisation"),
        ),
        results=(
            ("回用率 95%", "95 % of the water was reused"),
            ("膜清洗周期延长到 90 天", "membranes ran 90 days between cleanings"),
            ("出水氟低于 1 mg/L", "effluent fluoride stayed below 1 mg/L"),
        ),
        facility=("膜法水处理中试车", "mobile membrane pilot"),
        wanted=(
            wanted(
                ("电镀废水近零排放", "Near zero discharge of plating water"),
                (
                    "园区电镀废水回用率只有 60%，浓水外运费用高，希望回用率达到 90% 以上。",
                    (
                        "Only 60 % of the park's plating water is reused and concentrate is "
                        "shipped away; reuse should exceed 90 %."
                    ),
                ),
                (("回用率", "reuse"), ">=", "90", "%"),
            ),
            wanted(
                ("含氟废水深度处理", "Deep treatment of fluoride waste water"),
                (
                    "光伏企业含氟废水需稳定降到 1.5 mg/L 以下，且污泥量减半。",
                    (
                        "Fluoride of a solar cell maker must stay below 1.5 mg/L with half of "
                        "the sludge."
                    ),
                ),
                (("出水氟", "effluent fluoride"), "<=", "1.5", "mg/L"),
            ),
        ),
    ),
    Topic(
        key="SOF",
        name=("工业软件", "industrial software"),
        discipline="520",
        industry="65",
        ipc="G06Q 10/06",
        skills=(
            ("生产排程", "production scheduling"),
            ("数字孪生", "digital twins"),
            ("数据接口", "data interfaces"),
        ),
        objects=(
            ("多品种小批量排程", "scheduling of small varied batches"),
            ("车间数字孪生", "digital twins of workshops"),
            ("设备数据采集", "machine data acquisition"),
            ("工艺知识库", "process knowledge bases"),
        ),
        methods=(
            ("约束规划", "constraint programming"),
            ("离散事件仿真", "discrete event simulation"),
            ("OPC UA 统一建模", "modelling with OPC UA"),
            ("知识图谱", "knowledge graphs"),
        ),
        results=(
            ("按期率提高 14 个百分点", "punctuality rose by 14 percentage points"),
            ("重排时间 30 s", "replanning took 30 s"),
            ("接入设备 210 台", "210 machines were connected"),
        ),
        facility=("柔性制造示范线", "flexible manufacturing line"),
        wanted=(
            wanted(
                ("多品种小批量快速重排", "Replan small varied batches quickly"),
                (
                    "插单后人工重排需要半天，希望一分钟内给出可执行的排程并说明原因。",
                    (
                        "After a rush order people replan for half a day; an executable "
                        "schedule with reasons should come within a minute."
                    ),
                ),
                (("重排时间", "replanning time"), "<=", "60", "s"),
            ),
            wanted(
                ("老旧设备数据采集", "Acquire data from old machines"),
                (
                    "六十台老机床没有网口，希望低成本采集状态和产量。",
                    (
                        "Sixty old machine tools have no network port; state and output should "
                        "be read at low cost."
                    ),
                ),
                (("接入设备", "machines connected"), ">=", "60", "units"),
            ),
        ),
    ),
    Topic(
        key="MED",
        name=("医疗器械", "medical devices"),
        discipline="310",
        industry="35",
        ipc="A61B 17/00",
        skills=(
            ("生物相容性", "biocompatibility"),
            ("微导管成型", "micro-catheter forming"),
            ("动物试验", "animal studies"),
        ),
        objects=(
            ("可降解镁合金支架", "degradable magnesium stents"),
            ("微导管", "micro-catheters"),
            ("超滑亲水涂层", "lubricious hydrophilic coatings"),
            ("骨修复支架", "bone scaffolds"),
        ),
        methods=(
            ("精密挤出", "precision extrusion"),
            ("激光切割抛光", "laser cutting and polishing"),
            ("等离子接枝", "plasma grafting"),
            ("体外降解试验", "degradation tests in vitro"),
        ),
        results=(
            ("摩擦系数 0.02", "friction coefficient was 0.02"),
            ("支撑力保持 6 个月", "support lasted 6 months"),
            ("壁厚偏差 ±5 μm", "wall thickness varied by ±5 µm"),
        ),
        facility=("洁净车间与动物实验平台", "clean room and animal laboratory"),
        wanted=(
            wanted(
                ("微导管超滑涂层", "Lubricious coating for micro-catheters"),
                (
                    "亲水涂层摩擦 30 次后脱落，希望摩擦系数低于 0.03 且耐 100 次。",
                    (
                        "The hydrophilic coating comes off after 30 strokes; friction should "
                        "stay below 0.03 for 100."
                    ),
                ),
                (("摩擦系数", "friction coefficient"), "<=", "0.03", ""),
                (("耐摩擦次数", "strokes"), ">=", "100", "cycles"),
            ),
            wanted(
                ("镁合金支架降解控制", "Control degradation of magnesium stents"),
                (
                    "支架三个月即失去支撑，需要涂层或合金化把支撑期延长到六个月。",
                    (
                        "Stents lose support in three months; coating or alloying should keep "
                        "it for six."
                    ),
                ),
                (("支撑时间", "support time"), ">=", "6", "months"),
            ),
        ),
    ),
    Topic(
        key="AGR",
        name=("食品与农业装备", "food and farm equipment"),
        discipline="550",
        industry="14",
        ipc="A23L 3/36",
        skills=(
            ("低温保鲜", "cold preservation"),
            ("无损分选", "non-destructive sorting"),
            ("干燥工艺", "drying"),
        ),
        objects=(
            ("鲜切果蔬", "fresh-cut produce"),
            ("水产品冷链", "cold chain of seafood"),
            ("稻谷干燥", "rice drying"),
            ("水果糖度分选", "sorting of fruit by sugar"),
        ),
        methods=(
            ("电场辅助解冻", "thawing in an electric field"),
            ("近红外光谱", "near-infrared spectroscopy"),
            ("气调包装", "modified atmosphere packaging"),
            ("变温热泵干燥", "variable heat pump drying"),
        ),
        results=(
            ("货架期延长 5 天", "shelf life grew by 5 days"),
            ("糖度误差 0.4 °Brix", "sugar was told within 0.4 °Brix"),
            ("汁液损失低于 3%", "drip loss stayed below 3 %"),
        ),
        facility=("冷链中试库", "cold chain pilot store"),
        wanted=(
            wanted(
                ("鲜切果蔬保鲜期延长", "Longer shelf life of fresh-cut produce"),
                (
                    "鲜切产品货架期只有 5 天，希望不用防腐剂延长到 9 天。",
                    ("Fresh-cut products last 5 days; without preservatives they should last 9."),
                ),
                (("货架期", "shelf life"), ">=", "9", "d"),
            ),
            wanted(
                ("水果内部糖度在线分选", "Sort fruit by inner sugar on line"),
                (
                    "分选线速度每秒 8 个，需要无损判断糖度，误差 0.5 °Brix 以内。",
                    (
                        "The line runs 8 fruit a second; sugar must be told without damage "
                        "within 0.5 °Brix."
                    ),
                ),
                (("糖度误差", "sugar error"), "<=", "0.5", "°Brix"),
            ),
        ),
    ),
)
