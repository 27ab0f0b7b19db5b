"""The texts of the reasons, in English and Chinese: one tuple of sentences for each code.

A name in braces is a parameter. Both languages of a code name the same parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from matching.explain_contradictions import CONTRADICTIONS
from matching.explain_rule_texts import LIMITS, RULE_REASONS

LANGUAGES = ("en", "zh-CN")

KNOWN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "plan": "Known from the plan itself.",
        "filter": "Known by filter: every offer was tested.",
        "bound": "Proven for this order alone, with all capacity free.",
        "prices": "Known by the plan's prices.",
        "search": "Found by search, not proven.",
        "limit": "The limit on time or work came first.",
        "rules": "Follows from the problem and its rules, before any plan.",
    },
    "zh-CN": {
        "plan": "依据：由计划本身重新计算。",
        "filter": "依据：逐条筛选，每个供给都已检验。",
        "bound": "依据：已证明，即使全部产能都留给此订单也如此。",
        "prices": "依据：计划的产能影子价格。",
        "search": "依据：搜索所得，未经证明。",
        "limit": "依据：时间或工作量先到上限。",
        "rules": "依据：由问题及其规则直接推出，与计划无关。",
    },
}

RULES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "all": "all",
        "process": "process",
        "size": "size",
        "tolerance": "tolerance",
        "material": "material",
        "certificate": "certificate",
        "exclusion": "exclusion",
        "approval": "approval",
        "ban": "ban",
        "pin": "pin",
        "quotation": "quotation",
        "minimum_lot": "minimum lot",
    },
    "zh-CN": {
        "all": "全部",
        "process": "工艺",
        "size": "尺寸",
        "tolerance": "公差",
        "material": "材料",
        "certificate": "证书",
        "exclusion": "排除",
        "approval": "认可",
        "ban": "禁用",
        "pin": "指定",
        "quotation": "报价",
        "minimum_lot": "最小批量",
    },
}

_FUNNEL_EN = (
    "Offers left after each rule: {funnel}.",
    "No offer fits these steps either: {also}.",
    "{known}",
)
_FUNNEL_ZH = (
    "逐条筛选后剩余的供给数：{funnel}。",
    "下列工序也没有合格供给：{also}。",
    "{known}",
)

_ELIGIBILITY: Mapping[str, tuple[str, str, str, str]] = {
    "no_process": (
        "Step {step}: no offer does {process} (offers: {left}).",
        "Way out: recruit an enterprise that does {process}, or agree on another process.",
        "第 {step} 道工序：没有供给能做 {process}（供给数：{left}）。",
        "出路：引入能做 {process} 的企业，或改用其他工艺。",
    ),
    "no_size": (
        (
            "Step {step} ({process}): size class {required_size} is needed, "
            "the largest offered is {largest_size} (offers: {left})."
        ),
        "Way out: recruit a larger machine, or divide the part.",
        (
            "第 {step} 道工序（{process}）：需要尺寸等级 {required_size}，"
            "可提供的最大为 {largest_size}（供给数：{left}）。"
        ),
        "出路：引入更大的设备，或拆分零件。",
    ),
    "no_tolerance": (
        (
            "Step {step} ({process}): IT{required_it} is needed, "
            "the finest offered is IT{finest_it} (offers: {left})."
        ),
        "Way out: accept IT{finest_it} if the drawing allows it, or recruit a finer machine.",
        (
            "第 {step} 道工序（{process}）：需要 IT{required_it}，"
            "可提供的最精为 IT{finest_it}（供给数：{left}）。"
        ),
        "出路：图纸允许时放宽到 IT{finest_it}，或引入更精密的设备。",
    ),
    "no_material": (
        (
            "Step {step} ({process}): {material} is needed; what is left works {offered} "
            "(offers: {left})."
        ),
        "Way out: agree on one of these materials, or recruit an enterprise that works {material}.",
        (
            "第 {step} 道工序（{process}）：需要加工 {material}；"
            "剩余供给可加工 {offered}（供给数：{left}）。"
        ),
        "出路：改用其中一种材料，或引入能加工 {material} 的企业。",
    ),
    "no_certificate": (
        (
            "Step {step} ({process}): certificates needed: {required}; the nearest offer, "
            "{nearest}, lacks {missing} (offers: {left})."
        ),
        "Way out: accept a supplier without {missing}, or help one to obtain it.",
        (
            "第 {step} 道工序（{process}）：需要证书 {required}；"
            "最接近的供给 {nearest} 缺少 {missing}（供给数：{left}）。"
        ),
        "出路：接受没有 {missing} 的供应商，或协助其取得证书。",
    ),
    "all_excluded": (
        (
            "Step {step} ({process}): the buyer excludes every enterprise whose offer fits: "
            "{enterprises} (offers: {left})."
        ),
        "Way out: ask the buyer to admit one of them, or recruit another enterprise.",
        (
            "第 {step} 道工序（{process}）：买方排除了所有合格供给的企业："
            "{enterprises}（供给数：{left}）。"
        ),
        "出路：请买方接受其中一家，或引入其他企业。",
    ),
    "not_quoted": (
        (
            "Step {step} ({process}): the order takes quoted offers only, and no offer that fits "
            "has quoted (offers: {left})."
        ),
        "Way out: ask for a quotation, for example from {nearest}.",
        (
            "第 {step} 道工序（{process}）：订单只接受已报价的供给，"
            "而合格供给都未报价（供给数：{left}）。"
        ),
        "出路：请其报价，例如 {nearest}。",
    ),
    "lot_below_minimum": (
        (
            "Step {step} ({process}): the order has {quantity} pieces; the smallest minimum lot "
            "is {minimum_lot}, of {nearest} (offers: {left})."
        ),
        "Way out: order {minimum_lot} pieces, or ask {nearest} to take a smaller lot.",
        (
            "第 {step} 道工序（{process}）：订单为 {quantity} 件，"
            "最小批量最低为 {minimum_lot} 件（{nearest}；供给数：{left}）。"
        ),
        "出路：订购 {minimum_lot} 件，或请 {nearest} 接受更小的批量。",
    ),
}

_OTHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "matched": {
        "en": (
            (
                "Made by {enterprises} (lots: {lots}); arrives in week {arrival_week}, "
                "weeks late: {tardy_weeks}."
            ),
            (
                "Value {value_fen} = processing {processing_fen} + transport {transport_fen} + "
                "carbon {carbon_fen} + lateness {tardiness_fen} + {profit_fen} that remain."
            ),
            "{known}",
        ),
        "zh-CN": (
            (
                "由 {enterprises} 生产（批次数：{lots}），第 {arrival_week} 周到货，"
                "迟到周数：{tardy_weeks}。"
            ),
            (
                "价值 {value_fen} = 加工 {processing_fen} + 运输 {transport_fen} + "
                "碳成本 {carbon_fen} "
                "+ 迟到 {tardiness_fen} + 剩余 {profit_fen}。"
            ),
            "{known}",
        ),
    },
    "no_weeks": {
        "en": (
            (
                "Step {step} ({process}): no offer has enough time within one block of weeks, "
                "even with all capacity free (offers: {left})."
            ),
            (
                "The nearest, {nearest}, could begin in week {from_week}; the largest lot needs "
                "{minutes} minutes there, and it has {idle_minutes} up to week {last_week}."
            ),
            "Way out: release the order earlier, allow more lots, or ask {nearest} for more time.",
            "{known}",
        ),
        "zh-CN": (
            (
                "第 {step} 道工序（{process}）：即使全部产能空闲，"
                "也没有供给在允许的连续周内有足够工时（供给数：{left}）。"
            ),
            (
                "最接近的 {nearest} 可从第 {from_week} 周开工；最大批次需 {minutes} 分钟，"
                "到第 {last_week} 周它只有 {idle_minutes} 分钟。"
            ),
            "出路：提前开放订单、允许更多批次，或请 {nearest} 增加工时。",
            "{known}",
        ),
    },
    "too_late": {
        "en": (
            (
                "Even with all capacity free it arrives in week {arrival_week} at the earliest; "
                "week {latest_week} is the latest that the buyer accepts."
            ),
            (
                "Way out: accept delivery later by this number of weeks: {weeks}, or "
                "release the order "
                "as much earlier."
            ),
            "{known}",
        ),
        "zh-CN": (
            "即使全部产能空闲，最早也要第 {arrival_week} 周到货；买方最晚接受第 {latest_week} 周。",
            "出路：交期推迟 {weeks} 周，或提前同样周数开放订单。",
            "{known}",
        ),
    },
    "price_cap": {
        "en": (
            (
                "The cheapest way to make and deliver it in time costs {price_fen}; "
                "the price cap is {cap_fen}."
            ),
            "Way out: raise the cap by at least {over_fen}.",
            "{known}",
        ),
        "zh-CN": (
            "按期交付的最便宜方案（生产与运输）需 {price_fen}，价格上限为 {cap_fen}。",
            "出路：上限至少提高 {over_fen}。",
            "{known}",
        ),
    },
    "not_worth": {
        "en": (
            (
                "Every way to make it costs at least {cost_fen} with transport, carbon "
                "and lateness; "
                "its value is {value_fen}."
            ),
            (
                "Way out: raise the value by more than {short_fen}, or allow more time or more "
                "enterprises."
            ),
            "{known}",
        ),
        "zh-CN": (
            "任何方案连同运输、碳与迟到成本至少需 {cost_fen}；订单价值为 {value_fen}。",
            "出路：价值提高 {short_fen} 以上，或放宽时间与企业范围。",
            "{known}",
        ),
    },
    "no_plan_found": {
        "en": (
            (
                "With all capacity free, no plan was found that earns its value of "
                "{value_fen} under "
                "the price cap of {cap_fen} (lots tried: {lots})."
            ),
            "Way out: raise the cap, allow more time, or allow more lots.",
            "{known}",
        ),
        "zh-CN": (
            (
                "即使全部产能空闲，也未找到在价格上限 {cap_fen} 内、"
                "低于其价值 {value_fen} 的方案（尝试的批次数：{lots}）。"
            ),
            "出路：提高上限、放宽时间或允许更多批次。",
            "{known}",
        ),
    },
    "capacity_taken": {
        "en": (
            (
                "Alone it would earn {profit_fen} with {enterprises} (lots: {lots}); "
                "offers that fit, "
                "by step: {eligible}."
            ),
            "The time that this needs is taken: {binding}.",
            "These orders hold it: {holders}.",
            "At the plan's prices the time on this route is worth {charge_fen} to all orders.",
            "Way out: more hours there, another week, or a higher value.",
            "{known}",
        ),
        "zh-CN": (
            (
                "若单独生产，由 {enterprises} 可得 {profit_fen}（批次数：{lots}）；"
                "各工序的合格供给数：{eligible}。"
            ),
            "所需的工时已被占用：{binding}。",
            "占用者为订单：{holders}。",
            "按计划的影子价格，该路线的工时对全部订单值 {charge_fen}。",
            "出路：增加这些工时、换一周，或提高订单价值。",
            "{known}",
        ),
    },
    "left_by_limit": {
        "en": (
            (
                "It would still fit beside the plan and earn {profit_fen} with {enterprises} "
                "(lots: {lots})."
            ),
            "Way out: match again with more time.",
            "{known}",
        ),
        "zh-CN": (
            "它仍可加入计划，由 {enterprises} 可得 {profit_fen}（批次数：{lots}）。",
            "出路：给更多时间再匹配一次。",
            "{known}",
        ),
    },
}

TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **{
        code: {
            "en": (texts[0], texts[1], *_FUNNEL_EN),
            "zh-CN": (texts[2], texts[3], *_FUNNEL_ZH),
        }
        for code, texts in {**_ELIGIBILITY, **LIMITS}.items()
    },
    **_OTHERS,
    **RULE_REASONS,
    **CONTRADICTIONS,
}
