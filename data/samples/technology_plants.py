"""Vision, heat treatment, printing, robots: phrases of the sample demands and teams."""

from data.samples.technology_topic import Topic, wanted

PLANTS: tuple[Topic, ...] = (
    Topic(
        key="VIS",
        name=("机器视觉检测", "machine vision inspection"),
        discipline="520",
        industry="40",
        ipc="G06T 7/00",
        skills=(
            ("缺陷检测", "defect detection"),
            ("小样本学习", "few-shot learning"),
            ("三维测量", "three-dimensional measurement"),
        ),
        objects=(
            ("焊缝外观缺陷", "surface defects of weld seams"),
            ("曲面玻璃划痕", "scratches on curved glass"),
            ("注塑件飞边", "flash on moulded parts"),
            ("齿轮点蚀", "pitting of gears"),
        ),
        methods=(
            ("多角度结构光成像", "structured light from several angles"),
            ("轻量化卷积网络", "lightweight convolutional networks"),
            ("异常样本合成", "synthesis of anomalous samples"),
            ("线激光轮廓匹配", "matching of laser line profiles"),
        ),
        results=(
            ("漏检率低于 0.3%", "fewer than 0.3 % of defects were missed"),
            ("单件检测时间 120 ms", "inspection took 120 ms per part"),
            ("测量重复性 8 μm", "measurements repeated within 8 µm"),
        ),
        facility=("视觉检测试验台", "vision test bench"),
        wanted=(
            wanted(
                ("焊缝外观缺陷在线检测", "In-line inspection of weld seams"),
                (
                    "钣金焊缝靠人工目检，漏检率约 3%，希望相机在线判别气孔与咬边。",
                    (
                        "People inspect the weld seams of sheet metal and miss about 3 %; "
                        "cameras should find pores and undercut in line."
                    ),
                ),
                (("漏检率", "missed defects"), "<=", "0.5", "%"),
                (("单件检测时间", "time per part"), "<=", "200", "ms"),
            ),
            wanted(
                ("小样本曲面划痕检测", "Find scratches on curved glass from few samples"),
                (
                    "新品换型频繁，每种只有几十张缺陷图片，现有模型需要两周重新标注。",
                    (
                        "Products change often and only some dozen defect images exist for "
                        "each; today's model needs two weeks of new labels."
                    ),
                ),
                (("所需样本", "samples needed"), "<=", "30", "images"),
            ),
        ),
    ),
    Topic(
        key="HEA",
        name=("热处理", "heat treatment"),
        discipline="450",
        industry="33",
        ipc="C23C 8/20",
        skills=(
            ("渗碳工艺", "carburising"),
            ("变形仿真", "distortion simulation"),
            ("组织分析", "microstructure analysis"),
        ),
        objects=(
            ("齿轮轴渗碳层", "carburised gear shafts"),
            ("模具钢淬火", "hardening of die steel"),
            ("轴承套圈", "bearing rings"),
            ("薄壁齿圈", "thin-walled ring gears"),
        ),
        methods=(
            ("低压真空渗碳", "low-pressure vacuum carburising"),
            ("气淬流场优化", "optimisation of gas quenching"),
            ("碳氮共渗", "carbonitriding"),
            ("相变耦合仿真", "coupled phase transformation simulation"),
        ),
        results=(
            ("跳动由 0.12 mm 降到 0.04 mm", "run-out fell from 0.12 mm to 0.04 mm"),
            ("有效硬化层偏差 ±0.05 mm", "case depth varied by ±0.05 mm"),
            ("磨削余量减少 40%", "grinding stock shrank by 40 %"),
        ),
        facility=("真空渗碳炉", "vacuum carburising furnace"),
        wanted=(
            wanted(
                ("齿轮轴渗碳变形控制", "Control carburising distortion of gear shafts"),
                (
                    "齿轮轴渗碳后跳动 0.12 mm，磨削余量大且容易烧伤，目标跳动 0.05 mm。",
                    (
                        "Gear shafts run out by 0.12 mm after carburising, so much stock is "
                        "ground and burned; the target is 0.05 mm."
                    ),
                ),
                (("跳动", "run-out"), "<=", "0.05", "mm"),
            ),
            wanted(
                ("压铸模具钢寿命提升", "Longer life of die-casting moulds"),
                (
                    "H13 模具 6 万模次出现龟裂，希望通过热处理和表面强化达到 10 万模次。",
                    (
                        "Moulds of H13 crack after 60,000 shots; heat treatment and surface "
                        "hardening should bring 100,000."
                    ),
                ),
                (("模具寿命", "mould life"), ">=", "100000", "shots"),
            ),
        ),
    ),
    Topic(
        key="ADD",
        name=("金属增材制造", "metal additive manufacturing"),
        discipline="430",
        industry="35",
        ipc="B22F 10/28",
        skills=(
            ("粉末床熔融", "powder bed fusion"),
            ("疲劳评定", "fatigue assessment"),
            ("熔池监测", "melt pool monitoring"),
        ),
        objects=(
            ("钛合金植入件", "titanium implants"),
            ("随形冷却模具", "moulds with conformal cooling"),
            ("铝合金散热结构", "aluminium heat sinks"),
            ("点阵轻量化支架", "lattice brackets"),
        ),
        methods=(
            ("激光粉末床熔融", "laser powder bed fusion"),
            ("热等静压后处理", "hot isostatic pressing"),
            ("熔池光电监测", "photodiode monitoring of the melt pool"),
            ("支撑结构优化", "optimisation of supports"),
        ),
        results=(
            ("疲劳极限 420 MPa", "fatigue limit was 420 MPa"),
            ("致密度 99.7%", "density reached 99.7 %"),
            ("冷却时间缩短 35%", "cooling time shrank by 35 %"),
        ),
        facility=("金属打印机与疲劳试验机", "metal printers and fatigue testers"),
        wanted=(
            wanted(
                ("打印钛合金植入件疲劳评定", "Fatigue assessment of printed titanium implants"),
                (
                    "需要粉末床熔融 Ti6Al4V 试样的疲劳数据、缺陷统计和评定报告，用于注册。",
                    (
                        "For registration we need fatigue data of powder-bed Ti6Al4V "
                        "specimens, statistics of defects and an assessment report."
                    ),
                ),
                (("疲劳极限", "fatigue limit"), ">=", "400", "MPa"),
                (("致密度", "density"), ">=", "99.5", "%"),
            ),
            wanted(
                ("随形冷却注塑模具", "Injection moulds with conformal cooling"),
                (
                    "厚壁件冷却占周期 60%，希望打印随形水路，并解决堵塞与腐蚀。",
                    (
                        "Cooling takes 60 % of the cycle of thick parts; printed channels "
                        "should follow the contour and neither clog nor corrode."
                    ),
                ),
                (("冷却时间缩短", "cooling time saved"), ">=", "30", "%"),
            ),
        ),
    ),
    Topic(
        key="ROB",
        name=("机器人装配", "robotic assembly"),
        discipline="510",
        industry="34",
        ipc="B25J 9/16",
        skills=(
            ("轨迹规划", "path planning"),
            ("力控装配", "force-controlled assembly"),
            ("视觉伺服", "visual servoing"),
        ),
        objects=(
            ("机器人去毛刺", "robotic deburring"),
            ("柔性线束装配", "assembly of flexible harnesses"),
            ("精密轴孔装配", "precision peg-in-hole assembly"),
            ("抛光打磨单元", "grinding cells"),
        ),
        methods=(
            ("由数模自动生成轨迹", "paths generated from the CAD model"),
            ("阻抗力控制", "impedance force control"),
            ("示教学习", "learning from demonstration"),
            ("双目视觉引导", "stereo vision guidance"),
        ),
        results=(
            ("新零件编程由 2 天缩到 3 小时", "programming fell from 2 days to 3 hours"),
            ("装配成功率 99.2%", "99.2 % of the assemblies succeeded"),
            ("打磨余量偏差 0.05 mm", "removed stock varied by 0.05 mm"),
        ),
        facility=("六轴机器人力控平台", "six-axis robots with force control"),
        wanted=(
            wanted(
                ("去毛刺轨迹由数模自动生成", "Generate deburring paths from the model"),
                (
                    "每个新零件示教编程需要两天，希望由三维数模自动生成去毛刺轨迹。",
                    (
                        "Teaching takes two days for each new part; deburring paths should "
                        "come from the three-dimensional model."
                    ),
                ),
                (("编程时间", "programming time"), "<=", "4", "h"),
            ),
            wanted(
                ("柔性线束自动装配", "Assemble flexible harnesses automatically"),
                (
                    "线束形状不定，插接依靠人工，希望视觉引导加力控完成插接，成功率 99%。",
                    (
                        "Harnesses have no fixed shape and people plug them; vision and force "
                        "control should plug 99 % of them."
                    ),
                ),
                (("插接成功率", "plugging success"), ">=", "99", "%"),
            ),
        ),
    ),
)
