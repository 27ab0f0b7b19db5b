"""The texts about optional constraints: why an order is refused, and which rules contradict.

As in `explain_texts`: a name in braces is a parameter, and both languages name the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping

# what `check` calls a broken rule, in words
RULE_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "pin": "pin",
        "ban": "ban",
        "not-approved": "approval",
        "agreed": "agreement",
        "frozen": "frozen weeks",
        "must-serve": "must-serve",
        "enterprise-share": "enterprise share",
        "sme-minimum": "minimum of an enterprise",
        "carbon-cap": "carbon cap",
    },
    "zh-CN": {
        "pin": "指定",
        "ban": "禁用",
        "not-approved": "认可",
        "agreed": "已商定方案",
        "frozen": "冻结周",
        "must-serve": "必须安排",
        "enterprise-share": "企业份额",
        "sme-minimum": "企业最低工时",
        "carbon-cap": "碳上限",
    },
}

# code: first sentence and way out in English, then in Chinese
LIMITS: Mapping[str, tuple[str, str, str, str]] = {
    "none_approved": (
        (
            "Step {step} ({process}): the buyer approves {approved} alone; the offers that fit "
            "are of {enterprises} (offers: {left})."
        ),
        "Way out: ask the buyer to approve one of them, or recruit capacity of an approved one.",
        (
            "第 {step} 道工序（{process}）：买方只认可 {approved}；"
            "合格供给属于 {enterprises}（供给数：{left}）。"
        ),
        "出路：请买方认可其中一家，或向已认可的企业征集产能。",
    ),
    "all_banned": (
        (
            "Step {step} ({process}): every offer that fits is banned for this order: {offers} "
            "(offers: {left})."
        ),
        "Way out: lift one of the bans, or recruit another enterprise.",
        "第 {step} 道工序（{process}）：所有合格供给都对此订单禁用：{offers}（供给数：{left}）。",
        "出路：解除其中一项禁用，或引入其他企业。",
    ),
    "pinned_elsewhere": (
        (
            "Step {step} ({process}): it is pinned to {pinned}, which no offer that fits is "
            "(offers: {left})."
        ),
        "Way out: remove the pin, or pin it to an offer that fits, for example {nearest}.",
        (
            "第 {step} 道工序（{process}）：已指定到 {pinned}，"
            "但它不在合格供给之中（供给数：{left}）。"
        ),
        "出路：取消指定，或改为指定合格供给，例如 {nearest}。",
    ),
}

# code: language: sentences
RULE_REASONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "weeks_frozen": {
        "en": (
            (
                "It would fit and earn {profit_fen} with {enterprises} (lots: {lots}), but only "
                "with time before week {week}, and these weeks are frozen."
            ),
            "Way out: freeze fewer weeks, or accept later delivery.",
            "{known}",
        ),
        "zh-CN": (
            (
                "若可使用第 {week} 周之前的工时，由 {enterprises} 可得 {profit_fen}"
                "（批次数：{lots}），但这些周已冻结。"
            ),
            "出路：减少冻结周数，或接受更晚交货。",
            "{known}",
        ),
    },
    "carbon_cap_reached": {
        "en": (
            (
                "It would fit beside the plan and earn {profit_fen} with {enterprises} "
                "(lots: {lots}), but emit {order_g} g; the carbon cap leaves {left_g} g."
            ),
            "Way out: raise the carbon cap, or find nearer or cleaner capacity.",
            "{known}",
        ),
        "zh-CN": (
            (
                "它可加入计划，由 {enterprises} 可得 {profit_fen}（批次数：{lots}），"
                "但会排放 {order_g} 克；碳上限只剩 {left_g} 克。"
            ),
            "出路：提高碳上限，或寻找更近、更清洁的产能。",
            "{known}",
        ),
    },
    "share_reached": {
        "en": (
            (
                "It would fit beside the plan and earn {profit_fen} with {enterprises} "
                "(lots: {lots}), but {enterprise} would work more than {most_bps} in 10,000 of "
                "all minutes."
            ),
            "Way out: raise the share, or recruit another enterprise for this work.",
            "{known}",
        ),
        "zh-CN": (
            (
                "它可加入计划，由 {enterprises} 可得 {profit_fen}（批次数：{lots}），"
                "但 {enterprise} 将超过全部工时的万分之 {most_bps}。"
            ),
            "出路：提高份额上限，或为此引入其他企业。",
            "{known}",
        ),
    },
    "rule_not_kept": {
        "en": (
            "The best plan found still breaks the rule {rule} ({where}): {detail}.",
            "Way out: relax this rule or one that conflicts with it, or match with more time.",
            "{known}",
        ),
        "zh-CN": (
            "已找到的最好计划仍违反规则“{rule}”（{where}）：{detail}。",
            "出路：放宽此规则或与其冲突的规则，或给更多时间再匹配一次。",
            "{known}",
        ),
    },
}
