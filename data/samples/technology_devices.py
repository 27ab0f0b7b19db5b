"""Energy, sensors, packaging of chips, biotechnology: phrases of the sample demands and teams."""

from data.samples.technology_topic import Topic, wanted

DEVICES: tuple[Topic, ...] = (
    Topic(
        key="ENE",
        name=("工业节能", "industrial energy saving"),
        discipline="480",
        industry="44",
        ipc="F25B 30/06",
        skills=(
            ("余热回收", "waste heat recovery"),
            ("热泵系统", "heat pump systems"),
            ("碳足迹核算", "carbon footprint accounting"),
        ),
        objects=(
            ("压铸机冷却水", "cooling water of die-casting machines"),
            ("空压站余热", "waste heat of compressor stations"),
            ("清洗线加热", "heating of washing lines"),
            ("支架类产品碳足迹", "carbon footprints of brackets"),
        ),
        methods=(
            ("高温热泵回收", "recovery by high-temperature heat pumps"),
            ("换热网络优化", "optimisation of heat exchanger networks"),
            ("生命周期评价", "life cycle assessment"),
            ("负荷预测调度", "scheduling with load forecasts"),
        ),
        results=(
            ("综合能耗下降 22%", "total energy fell by 22 %"),
            ("热泵制热系数 4.1", "the heat pump reached a coefficient of 4.1"),
            ("投资回收期 1.8 年", "the investment returned in 1.8 years"),
        ),
        facility=("热泵试验台", "heat pump test rig"),
        wanted=(
            wanted(
                ("压铸机余热用于清洗线", "Heat a washing line with waste heat of die casting"),
                (
                    "四台压铸机冷却水带走大量热量，希望回收用于 65 ℃ 清洗线，回收期两年以内。",
                    (
                        "Cooling water of four machines carries heat away; it should heat a "
                        "washing line of 65 °C and pay back within two years."
                    ),
                ),
                (("综合能耗下降", "total energy saved"), ">=", "20", "%"),
                (("投资回收期", "payback"), "<=", "2", "a"),
            ),
            wanted(
                ("支架产品碳足迹核算方法", "A method for carbon footprints of brackets"),
                (
                    ("出口客户要求产品碳足迹，需要可复核的数据采集和核算方法，并通过第三方核查。"),
                    (
                        "Export customers ask for product carbon footprints; the data and the "
                        "method must be checkable and pass a third party."
                    ),
                ),
                (("数据覆盖率", "share of measured data"), ">=", "80", "%"),
            ),
        ),
    ),
    Topic(
        key="SEN",
        name=("传感器与仪表", "sensors and instruments"),
        discipline="510",
        industry="40",
        ipc="G01L 1/18",
        skills=(
            ("薄膜传感器", "thin-film sensors"),
            ("低功耗电路", "low-power circuits"),
            ("标定方法", "calibration"),
        ),
        objects=(
            ("高温压力传感器", "high-temperature pressure sensors"),
            ("轴承振动节点", "vibration nodes for bearings"),
            ("油液磨粒检测", "detection of wear particles in oil"),
            ("应变薄膜", "strain films"),
        ),
        methods=(
            ("碳化硅压阻工艺", "silicon carbide piezoresistors"),
            ("能量采集供电", "supply by energy harvesting"),
            ("温度漂移补偿", "compensation of temperature drift"),
            ("电感式微流道", "inductive microchannels"),
        ),
        results=(
            ("工作温度 500 ℃", "worked at 500 °C"),
            ("零点漂移 0.02%FS/℃", "zero drift was 0.02 %FS/°C"),
            ("电池寿命 5 年", "batteries lasted 5 years"),
        ),
        facility=("微纳加工线与高温标定炉", "microfabrication line and calibration furnace"),
        wanted=(
            wanted(
                ("500 ℃ 压力传感器", "Pressure sensor for 500 °C"),
                (
                    "燃烧室监测需要在 500 ℃ 长期工作的压力传感器，现有产品漂移过大。",
                    (
                        "Combustion monitoring needs pressure sensors that work at 500 °C for "
                        "long; present ones drift too much."
                    ),
                ),
                (("工作温度", "working temperature"), ">=", "500", "℃"),
                (("零点漂移", "zero drift"), "<=", "0.03", "%FS/℃"),
            ),
            wanted(
                ("免换电池轴承监测节点", "Bearing monitor without battery changes"),
                (
                    "风机轴承分散，换电池成本高，希望节点靠振动取能连续工作五年。",
                    (
                        "Bearings of fans are far apart and changing batteries is costly; "
                        "nodes should live on vibration for five years."
                    ),
                ),
                (("连续工作时间", "working life"), ">=", "5", "a"),
            ),
        ),
    ),
    Topic(
        key="SEM",
        name=("半导体封装", "semiconductor packaging"),
        discipline="510",
        industry="39",
        ipc="H01L 23/373",
        skills=(
            ("银烧结互连", "silver sintering"),
            ("热管理", "thermal management"),
            ("可靠性试验", "reliability testing"),
        ),
        objects=(
            ("碳化硅功率模块", "silicon carbide power modules"),
            ("银烧结互连层", "sintered silver joints"),
            ("氮化铝基板", "aluminium nitride substrates"),
            ("芯片贴装空洞", "voids of die attach"),
        ),
        methods=(
            ("低压烧结", "low-pressure sintering"),
            ("双面散热结构", "double-sided cooling"),
            ("功率循环加速试验", "accelerated power cycling"),
            ("超声扫描成像", "scanning acoustic imaging"),
        ),
        results=(
            ("结到壳热阻 0.08 K/W", "thermal resistance from junction to case was 0.08 K/W"),
            ("功率循环 10 万次", "100,000 power cycles were passed"),
            ("空洞率低于 2%", "voids stayed below 2 %"),
        ),
        facility=("烧结设备与功率循环台", "sintering press and power cycling bench"),
        wanted=(
            wanted(
                ("碳化硅模块双面散热封装", "Double-sided cooling for silicon carbide modules"),
                (
                    "车用碳化硅模块热阻偏高，希望采用双面散热与银烧结，功率循环 10 万次以上。",
                    (
                        "Thermal resistance of our automotive modules is too high; "
                        "double-sided cooling and sintered silver should pass more than "
                        "100,000 power cycles."
                    ),
                ),
                (("热阻", "thermal resistance"), "<=", "0.1", "K/W"),
                (("功率循环", "power cycles"), ">=", "100000", "cycles"),
            ),
            wanted(
                ("贴装空洞在线检测", "Detect die-attach voids on line"),
                (
                    "芯片贴装空洞只能抽检，希望在线全检并反馈烧结参数。",
                    (
                        "Voids are checked on samples only; all parts should be tested on line "
                        "and correct the sintering."
                    ),
                ),
                (("空洞率", "void share"), "<=", "2", "%"),
            ),
        ),
    ),
    Topic(
        key="BIO",
        name=("生物制造", "biomanufacturing"),
        discipline="180",
        industry="27",
        ipc="C12N 15/70",
        skills=(
            ("菌株改造", "strain engineering"),
            ("发酵放大", "fermentation scale-up"),
            ("下游纯化", "downstream purification"),
        ),
        objects=(
            ("聚乳酸单体发酵", "fermentation of lactic acid"),
            ("工业酶表达", "expression of industrial enzymes"),
            ("重组胶原蛋白", "recombinant collagen"),
            ("发酵尾液", "spent fermentation broth"),
        ),
        methods=(
            ("代谢流调控", "control of metabolic flux"),
            ("高密度补料发酵", "high-density fed batch"),
            ("膜分离耦合层析", "membranes coupled with chromatography"),
            ("在线拉曼监测", "Raman monitoring"),
        ),
        results=(
            ("产量达到 150 g/L", "titre reached 150 g/L"),
            ("纯度 98.5%", "purity was 98.5 %"),
            ("放大到 5 m³ 发酵罐", "scaled to a fermenter of 5 m³"),
        ),
        facility=("5 m³ 发酵中试线", "fermentation pilot plant of 5 m³"),
        wanted=(
            wanted(
                ("重组胶原蛋白发酵放大", "Scale up recombinant collagen"),
                (
                    "摇瓶产量 8 g/L，放大到吨罐后只有 3 g/L，需要工艺放大和纯化方案。",
                    (
                        "Flasks give 8 g/L but the large tank only 3 g/L; we need scale-up and "
                        "purification."
                    ),
                ),
                (("产量", "titre"), ">=", "10", "g/L"),
                (("纯度", "purity"), ">=", "98", "%"),
            ),
            wanted(
                ("发酵尾液资源化", "Reuse of fermentation broth"),
                (
                    "每天 80 吨尾液处理费用高，希望回收氮源并降低化学需氧量。",
                    (
                        "80 tonnes of broth a day are costly to treat; nitrogen should be "
                        "recovered and oxygen demand lowered."
                    ),
                ),
                (("化学需氧量", "chemical oxygen demand"), "<=", "500", "mg/L"),
            ),
        ),
    ),
)
