"""Materials, machining and forming: phrases of the sample demands and teams."""

from data.samples.technology_topic import Topic, wanted

MATERIALS: tuple[Topic, ...] = (
    Topic(
        key="BAT",
        name=("固态电池", "solid-state batteries"),
        discipline="430",
        industry="38",
        ipc="H01M 10/0562",
        skills=(
            ("固态电解质", "solid electrolytes"),
            ("界面改性", "interface modification"),
            ("电池失效分析", "battery failure analysis"),
        ),
        objects=(
            ("硫化物固态电解质", "sulfide solid electrolytes"),
            ("锂金属负极界面", "lithium metal anode interfaces"),
            ("高镍正极复合层", "nickel-rich composite cathodes"),
            ("固态电池软包电芯", "solid-state pouch cells"),
        ),
        methods=(
            ("原子层沉积包覆", "coating by atomic layer deposition"),
            ("热压致密化", "densification by hot pressing"),
            ("阻抗谱在线监测", "in-situ impedance spectroscopy"),
            ("缓冲层设计", "buffer layer design"),
        ),
        results=(
            ("界面阻抗降到 15 Ω·cm²", "interface resistance fell to 15 Ω·cm²"),
            ("循环 800 次容量保持率 86%", "86 % of the capacity remained after 800 cycles"),
            ("能量密度达到 340 Wh/kg", "energy density reached 340 Wh/kg"),
        ),
        facility=("手套箱与软包中试线", "glove boxes and a pouch cell pilot line"),
        wanted=(
            wanted(
                (
                    "降低固态电池正极界面阻抗",
                    "Lower the cathode interface resistance of solid cells",
                ),
                (
                    (
                        "硫化物固态电解质与高镍正极接触后界面阻抗随循环迅速上升，电芯倍率性能差"
                        "，需要可量产的包覆或缓冲层方案。"
                    ),
                    (
                        "The resistance between sulfide electrolyte and nickel-rich cathode "
                        "rises quickly with cycling and rate capability suffers; we need a "
                        "coating or buffer layer that can be produced in volume."
                    ),
                ),
                (("界面阻抗", "interface resistance"), "<=", "20", "Ω·cm²"),
                (("循环寿命", "cycle life"), ">=", "800", "cycles"),
            ),
            wanted(
                ("固态软包电芯能量密度提升", "Raise the energy density of solid-state pouch cells"),
                (
                    (
                        "现有软包电芯能量密度约 270 Wh/kg，目标客户要求 320 Wh/kg 以上且通过针"
                        "刺试验。"
                    ),
                    (
                        "Our pouch cells reach about 270 Wh/kg; customers ask for more than "
                        "320 Wh/kg together with a passed nail test."
                    ),
                ),
                (("能量密度", "energy density"), ">=", "320", "Wh/kg"),
            ),
        ),
    ),
    Topic(
        key="CUT",
        name=("难加工材料切削", "machining of hard-to-cut materials"),
        discipline="460",
        industry="34",
        ipc="B23C 3/00",
        skills=(
            ("颤振抑制", "chatter suppression"),
            ("刀具磨损监测", "tool wear monitoring"),
            ("薄壁件加工", "thin-wall machining"),
        ),
        objects=(
            ("薄壁铝合金支架", "thin-walled aluminium brackets"),
            ("钛合金整体叶盘", "titanium blisks"),
            ("高温合金铣削", "milling of nickel alloys"),
            ("精密铣削表面", "precision milled surfaces"),
        ),
        methods=(
            ("残余应力补偿", "compensation of residual stress"),
            ("主轴振动信号识别", "recognition of spindle vibration"),
            ("自适应进给控制", "adaptive feed control"),
            ("低温冷却切削", "cryogenic cooling"),
        ),
        results=(
            ("平面度误差小于 0.04 mm", "flatness error stayed below 0.04 mm"),
            ("刀具寿命提高 45%", "tool life rose by 45 %"),
            ("颤振识别准确率 97%", "chatter was recognised with 97 % accuracy"),
        ),
        facility=("五轴加工中心与测力平台", "five-axis centre with a dynamometer"),
        wanted=(
            wanted(
                ("薄壁铝支架铣削变形控制", "Control distortion of thin-walled aluminium brackets"),
                (
                    (
                        "壁厚 1.2 mm 的铝合金支架铣削后平面度超差，希望不增加工序把变形压到 0.0"
                        "5 mm 以内。"
                    ),
                    (
                        "Aluminium brackets with 1.2 mm walls lose flatness in milling; "
                        "distortion should stay within 0.05 mm without an extra operation."
                    ),
                ),
                (("平面度", "flatness"), "<=", "0.05", "mm"),
            ),
            wanted(
                ("高温合金铣刀磨损在线监测", "Monitor cutter wear in nickel alloys on line"),
                (
                    ("高温合金铣削时刀具突然崩刃，停机换刀多，需要由主轴电流和振动判断剩余寿命。"),
                    (
                        "Cutters break suddenly in nickel alloys and machines stop often; "
                        "remaining life should be told from spindle current and vibration."
                    ),
                ),
                (("识别准确率", "recognition accuracy"), ">=", "95", "%"),
                (("刀具寿命提高", "gain in tool life"), ">=", "30", "%"),
            ),
        ),
    ),
    Topic(
        key="POL",
        name=("高分子成型", "polymer processing"),
        discipline="430",
        industry="29",
        ipc="B29C 45/00",
        skills=(
            ("模流分析", "mould flow analysis"),
            ("翘曲控制", "warpage control"),
            ("再生料改性", "modification of recycled polymers"),
        ),
        objects=(
            ("PC/ABS 注塑外壳", "moulded PC/ABS housings"),
            ("再生聚丙烯", "recycled polypropylene"),
            ("长玻纤增强件", "long glass fibre parts"),
            ("微发泡注塑制品", "microcellular mouldings"),
        ),
        methods=(
            ("模温分区控制", "zoned mould temperature control"),
            ("收缩补偿建模", "modelling of shrinkage compensation"),
            ("反应挤出增容", "compatibilising by reactive extrusion"),
            ("保压曲线优化", "optimisation of packing pressure"),
        ),
        results=(
            ("翘曲量由 0.8 mm 降到 0.25 mm", "warpage fell from 0.8 mm to 0.25 mm"),
            ("冲击强度保持 92%", "92 % of the impact strength remained"),
            ("成型周期缩短 18%", "cycle time shrank by 18 %"),
        ),
        facility=("注塑试验机与模温机", "moulding machines with temperature units"),
        wanted=(
            wanted(
                ("注塑外壳翘曲预测与控制", "Predict and control warpage of moulded housings"),
                (
                    "PC/ABS 外壳翘曲 0.8 mm 影响装配，需要模流分析和模温分区方案。",
                    (
                        "PC/ABS housings warp by 0.8 mm and do not fit; we need flow analysis "
                        "and zoned mould temperatures."
                    ),
                ),
                (("翘曲量", "warpage"), "<=", "0.3", "mm"),
            ),
            wanted(
                ("再生聚丙烯替代新料", "Replace virgin by recycled polypropylene"),
                (
                    "周转箱希望使用 70% 再生聚丙烯，冲击强度不得低于新料的 85%，并去除气味。",
                    (
                        "Crates should hold 70 % recycled polypropylene, keep 85 % of the "
                        "impact strength and lose the odour."
                    ),
                ),
                (("再生料比例", "recycled share"), ">=", "70", "%"),
                (("冲击强度保持率", "impact strength kept"), ">=", "85", "%"),
            ),
        ),
    ),
    Topic(
        key="COA",
        name=("表面处理", "surface engineering"),
        discipline="430",
        industry="33",
        ipc="C25D 11/04",
        skills=(
            ("无铬转化膜", "chromium-free conversion coatings"),
            ("耐蚀评价", "corrosion testing"),
            ("氢脆控制", "control of hydrogen embrittlement"),
        ),
        objects=(
            ("铝合金阳极氧化膜", "anodic films on aluminium"),
            ("高强螺栓镀锌层", "zinc plating of high-strength bolts"),
            ("锆钛系转化膜", "zirconium titanium conversion coatings"),
            ("类金刚石涂层", "diamond-like carbon coatings"),
        ),
        methods=(
            ("三价铬替代前处理", "pretreatment without hexavalent chromium"),
            ("真空除氢", "vacuum baking"),
            ("等离子电解氧化", "plasma electrolytic oxidation"),
            ("磁控溅射", "magnetron sputtering"),
        ),
        results=(
            ("中性盐雾 720 小时无腐蚀", "720 hours of neutral salt spray without corrosion"),
            ("延迟断裂时间大于 200 小时", "delayed fracture came after more than 200 hours"),
            ("膜厚偏差小于 5%", "thickness varied by less than 5 %"),
        ),
        facility=("盐雾箱与电化学工作站", "salt spray chambers and potentiostats"),
        wanted=(
            wanted(
                ("无六价铬阳极氧化前处理", "Anodising pretreatment without hexavalent chromium"),
                (
                    "出口订单禁止六价铬，需要替代前处理并保持 500 小时中性盐雾。",
                    (
                        "Export orders forbid hexavalent chromium; the pretreatment must go "
                        "while 500 hours of salt spray stay."
                    ),
                ),
                (("中性盐雾", "neutral salt spray"), ">=", "500", "h"),
            ),
            wanted(
                ("高强螺栓镀锌氢脆控制", "Prevent hydrogen embrittlement of plated bolts"),
                (
                    "12.9 级螺栓镀锌后出现延迟断裂，需要除氢工艺窗口和在线判定方法。",
                    (
                        "Class 12.9 bolts crack some days after zinc plating; we need a "
                        "process window for baking and a test on line."
                    ),
                ),
                (("延迟断裂时间", "time to delayed fracture"), ">=", "200", "h"),
            ),
        ),
    ),
)
