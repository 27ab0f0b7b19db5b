"""The headings of explanations on the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "order": "Order {name}",
        "order_heading": "Order",
        "offer_heading": "offer",
        "offer": "Offer {name} of {enterprise}: {process} at {rate} per hour",
        "paid": "Who is paid",
        "enterprise": "enterprise",
        "work": "work",
        "transport": "transport",
        "sum": "paid",
        "ways": "Without one of its enterprises (all others stay as they are)",
        "without": "without",
        "by": "made by",
        "loss": "the plan loses",
        "refused": "refused: no other way was found beside the plan",
        "better": "a better plan: the limit came first",
        "verified": "Each line was planned again and accepted by the exact check.",
        "repairs": "What would bring it into the plan, the smallest change first",
        "repair": "change",
        "gain": "the plan gains",
        "moved": "makes room",
        "none": "None of the single changes helps. Tried: {tried}.",
        "tried": "Tried too, in vain: {tried}.",
        "unchanged": (
            "It can be served as it is: the plan gains {gain} when these make room: {moved}. "
            "The limit on time or work came before this was found."
        ),
        "beside": (
            "It can be served as it is beside the plan, which gains {gain}. "
            "The limit on time or work came before this was found."
        ),
        "binding": "What stands in its way",
        "week": "week",
        "price": "an hour is worth",
        "holders": "held by",
        "idle": "idle h",
        "used": "used h",
        "utilisation": "utilisation",
        "works_for": "works for",
        "nobody": "nobody",
        "nearly": (
            "It nearly won {order}: at {rate} per hour this order would take {hours} h, and the "
            "plan be worth {gain} more. Planned again at this rate and accepted by the exact check."
        ),
        "already": (
            "It would win {order} at its present rate: the order would take {hours} h, and the "
            "plan be worth {gain} more. The limit on time or work came before this was found."
        ),
        "no_win": "No rate would bring it another order ({count} orders fit it and are elsewhere).",
        "sold_out": "All its minutes are sold.",
        "summary": "What would help the refused orders (the {count} of most value)",
        "value": "value",
        "nothing": "none of the single changes",
        "as_it_is": "nothing: the limit came first",
    },
    "zh-CN": {
        "order": "订单 {name}",
        "order_heading": "订单",
        "offer_heading": "供给",
        "offer": "供给 {name}（{enterprise}）：{process}，每小时 {rate}",
        "paid": "付款对象",
        "enterprise": "企业",
        "work": "加工",
        "transport": "运输",
        "sum": "付款",
        "ways": "若不用其中一家企业（其余订单不变）",
        "without": "不用",
        "by": "改由",
        "loss": "计划损失",
        "refused": "拒绝：计划之外未找到其他方式",
        "better": "计划更优：先到上限",
        "verified": "每一行都经过重新规划，并通过精确检验。",
        "repairs": "怎样才能进入计划（改动由小到大）",
        "repair": "改动",
        "gain": "计划增值",
        "moved": "让出产能",
        "none": "任何单项改动都无效。已尝试：{tried}。",
        "tried": "另已尝试但无效：{tried}。",
        "unchanged": (
            "无需改动即可承接：由 {moved} 让出产能，计划增值 {gain}。时间或工作量先到上限。"
        ),
        "beside": "无需改动即可在计划之外承接，计划增值 {gain}。时间或工作量先到上限。",
        "binding": "受阻之处",
        "week": "周",
        "price": "每小时价值",
        "holders": "占用订单",
        "idle": "闲置小时",
        "used": "已用小时",
        "utilisation": "利用率",
        "works_for": "承接订单",
        "nobody": "无",
        "nearly": (
            "差一点赢得 {order}：若每小时 {rate}，该订单将占用 {hours} 小时，计划增值 {gain}。"
            "已按此费率重新规划，并通过精确检验。"
        ),
        "already": (
            "按现行费率即可赢得 {order}：该订单将占用 {hours} 小时，计划增值 {gain}。"
            "时间或工作量先到上限。"
        ),
        "no_win": "任何费率都不会带来其他订单（另有 {count} 个订单适合但在别处）。",
        "sold_out": "全部工时已售出。",
        "summary": "怎样才能承接被拒订单（价值最高的 {count} 个）",
        "value": "价值",
        "nothing": "任何单项改动都无效",
        "as_it_is": "无需改动：先到上限",
    },
}
