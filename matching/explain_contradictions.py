"""The texts about rules that contradict each other or the problem: see `explain_texts`."""

from __future__ import annotations

from collections.abc import Mapping

# code: what contradicts and the way out in English, then in Chinese
_TEXTS: Mapping[str, tuple[str, str, str, str]] = {
    "pin_misfit": (
        (
            "Order {order}, step {step}, is pinned to {offer}, which does not fit: the rule that "
            "it fails is {rule}."
        ),
        "Way out: pin it to an offer that fits, or remove the pin.",
        "订单 {order} 第 {step} 道工序指定到 {offer}，但它不合格：未通过“{rule}”。",
        "出路：改为指定合格供给，或取消指定。",
    ),
    "pins_disagree": (
        "Order {order}, step {step}, is pinned to several offers: {offers}.",
        "Way out: keep one of the pins.",
        "订单 {order} 第 {step} 道工序被同时指定到多个供给：{offers}。",
        "出路：只保留一个指定。",
    ),
    "pin_banned": (
        "Order {order}, step {step}, is pinned to {offer}, and a ban keeps the order from it.",
        "Way out: lift the ban, or remove the pin.",
        "订单 {order} 第 {step} 道工序指定到 {offer}，而该订单又禁用它。",
        "出路：解除禁用，或取消指定。",
    ),
    "pin_not_approved": (
        (
            "Order {order}, step {step}, is pinned to {offer} of {enterprise}, which the buyer "
            "has not approved."
        ),
        "Way out: ask the buyer to approve {enterprise}, or remove the pin.",
        "订单 {order} 第 {step} 道工序指定到 {enterprise} 的 {offer}，但买方未认可该企业。",
        "出路：请买方认可 {enterprise}，或取消指定。",
    ),
    "must_serve_no_offer": (
        (
            "Order {order} must be served, and no offer fits step {step}: the rule that leaves "
            "none is {rule}."
        ),
        "Way out: let the order be refused, or recruit an offer that fits.",
        "订单 {order} 必须安排，但第 {step} 道工序没有合格供给：“{rule}”之后无剩余。",
        "出路：允许不安排该订单，或引入合格供给。",
    ),
    "must_serve_ruled_out": (
        (
            "Order {order} must be served, and its own rules leave no offer for step {step}; the "
            "last one fell to: {rule}."
        ),
        "Way out: relax that rule, or let the order be refused.",
        ("订单 {order} 必须安排，但其自身规则使第 {step} 道工序没有供给；最后排除者为“{rule}”。"),
        "出路：放宽该规则，或允许不安排该订单。",
    ),
    "must_serve_no_weeks": (
        (
            "Order {order} must be served, and step {step} finds no block of weeks with enough "
            "time: the nearest offer, {nearest}, has {idle_minutes} minutes of {minutes} that the "
            "largest lot needs."
        ),
        "Way out: ask {nearest} for more time, allow more lots, or let the order be refused.",
        (
            "订单 {order} 必须安排，但第 {step} 道工序没有足够的连续工时：最接近的 {nearest} 只有"
            " {idle_minutes} 分钟，最大批次需 {minutes} 分钟。"
        ),
        "出路：请 {nearest} 增加工时、允许更多批次，或允许不安排该订单。",
    ),
    "must_serve_too_late": (
        (
            "Order {order} must be served, and it arrives in week {arrival_week} at the earliest; "
            "the latest allowed is week {latest_week}."
        ),
        "Way out: accept later delivery, release it earlier, or let the order be refused.",
        "订单 {order} 必须安排，但最早第 {arrival_week} 周到货；最晚允许第 {latest_week} 周。",
        "出路：接受更晚交货、提前开放，或允许不安排该订单。",
    ),
    "must_serve_price_cap": (
        (
            "Order {order} must be served, and its work and transport cost at least {price_fen}; "
            "its price cap is {cap_fen}."
        ),
        "Way out: raise the cap, or let the order be refused.",
        "订单 {order} 必须安排，但加工与运输至少需 {price_fen}；价格上限为 {cap_fen}。",
        "出路：提高上限，或允许不安排该订单。",
    ),
    "must_serve_overbook": (
        (
            "These orders must be served: {orders}. From week {from_week} to week {last_week} "
            "they need at least {minutes} minutes of {offers}, which have {idle_minutes}."
        ),
        "Way out: recruit more time there, or let one of the orders be refused.",
        (
            "下列订单必须安排：{orders}。第 {from_week} 至 {last_week} 周它们至少需要 {offers} 的"
            " {minutes} 分钟，而空闲只有 {idle_minutes} 分钟。"
        ),
        "出路：增加工时，或允许不安排其中某个订单。",
    ),
    "agreed_invalid": (
        "What is agreed on order {order} breaks a rule of the problem by itself: {broken}.",
        "Way out: agree anew, or withdraw the agreement.",
        "订单 {order} 的已商定方案本身违反规则：{broken}。",
        "出路：重新商定，或撤回商定。",
    ),
    "agreed_ruled_out": (
        (
            "What is agreed on order {order} puts step {step} on {offer}, and another rule "
            "forbids it: {rule}."
        ),
        "Way out: lift that rule, or agree anew.",
        "订单 {order} 的已商定方案将第 {step} 道工序放在 {offer}，而“{rule}”规则不允许。",
        "出路：解除该规则，或重新商定。",
    ),
    "agreed_collide": (
        (
            "The agreements on {orders} together need {minutes} minutes of {offer} in week "
            "{week}, which has {idle_minutes}."
        ),
        "Way out: ask {offer} for more time, or agree on one of the orders anew.",
        (
            "订单 {orders} 的商定方案在第 {week} 周共需 {offer} 的 {minutes} 分钟，而空闲只有 "
            "{idle_minutes} 分钟。"
        ),
        "出路：请 {offer} 增加工时，或就其中一个订单重新商定。",
    ),
    "agreed_unfrozen": (
        (
            "The first weeks ({frozen_weeks}) are frozen, and what is agreed on order {order} "
            "differs there from the given plan."
        ),
        "Way out: freeze fewer weeks, or agree as in the given plan.",
        "前 {frozen_weeks} 周已冻结，而订单 {order} 的商定方案在其中与给定计划不同。",
        "出路：减少冻结周数，或按给定计划商定。",
    ),
    "frozen_invalid": (
        (
            "Order {order} is frozen as in the given plan, and that breaks a rule of the problem "
            "by itself: {broken}."
        ),
        "Way out: freeze fewer weeks, or take the order out of the given plan.",
        "订单 {order} 按给定计划冻结，而该安排本身违反规则：{broken}。",
        "出路：减少冻结周数，或将该订单移出给定计划。",
    ),
    "frozen_ruled_out": (
        (
            "Order {order} is frozen as in the given plan with step {step} on {offer}, and "
            "another rule forbids it: {rule}."
        ),
        "Way out: lift that rule, or freeze fewer weeks.",
        "订单 {order} 按给定计划冻结，第 {step} 道工序在 {offer}，而“{rule}”规则不允许。",
        "出路：解除该规则，或减少冻结周数。",
    ),
    "frozen_overbooked": (
        (
            "What is frozen or agreed needs {minutes} minutes of {offer} in week {week}, which "
            "has {idle_minutes} now; orders there: {orders}."
        ),
        "Way out: freeze fewer weeks, or restore the time of {offer}.",
        (
            "冻结与商定的安排在第 {week} 周需要 {offer} 的 {minutes} 分钟，而现在空闲只有 "
            "{idle_minutes} 分钟；涉及订单：{orders}。"
        ),
        "出路：减少冻结周数，或恢复 {offer} 的工时。",
    ),
    "carbon_cap_too_low": (
        (
            "The carbon cap is {cap_g} g, and what must be made emits at least {least_g} g "
            "(orders: {orders})."
        ),
        "Way out: raise the cap, or let one of these orders be refused.",
        "碳上限为 {cap_g} 克，而必须安排的部分至少排放 {least_g} 克（订单：{orders}）。",
        "出路：提高上限，或允许不安排其中某个订单。",
    ),
    "share_unreachable": (
        (
            "No enterprise may work more than {most_bps} in 10,000 of all minutes: that takes at "
            "least {least} enterprises, and only these could work: {enterprises}."
        ),
        "Way out: raise the share, or recruit more enterprises.",
        (
            "任何企业不得超过全部工时的万分之 {most_bps}：至少需要 {least} 家企业，而能够参与的只"
            "有：{enterprises}。"
        ),
        "出路：提高份额上限，或引入更多企业。",
    ),
    "share_exceeded": (
        (
            "{enterprise} already works {minutes} agreed or frozen minutes; that is more than "
            "{most_bps} in 10,000 of the {most_minutes} minutes that a plan can have at most."
        ),
        "Way out: raise the share, or agree with another enterprise.",
        (
            "{enterprise} 已有 {minutes} 分钟商定或冻结的工时，超过任何计划至多 {most_minutes} 分"
            "钟的万分之 {most_bps}。"
        ),
        "出路：提高份额上限，或改与其他企业商定。",
    ),
    "minimum_above_idle": (
        (
            "{enterprise} is to work at least {minutes} minutes, and it has {idle_minutes} idle "
            "minutes that may be planned."
        ),
        "Way out: lower the minimum, or recruit more of its time.",
        "{enterprise} 至少应有 {minutes} 分钟工时，而其可安排的空闲只有 {idle_minutes} 分钟。",
        "出路：降低最低工时，或增加其空闲工时。",
    ),
    "minimum_above_work": (
        (
            "{enterprise} is to work at least {minutes} minutes, and the orders that its offers "
            "fit, and that can be made at all, bring at most {work_minutes}."
        ),
        "Way out: lower the minimum, or find more orders for it.",
        (
            "{enterprise} 至少应有 {minutes} 分钟工时，而适合它且可完成的订单至多带来 "
            "{work_minutes} 分钟。"
        ),
        "出路：降低最低工时，或为其寻找更多订单。",
    ),
}

CONTRADICTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    code: {"en": (*texts[:2], "{known}"), "zh-CN": (*texts[2:], "{known}")}
    for code, texts in _TEXTS.items()
}
