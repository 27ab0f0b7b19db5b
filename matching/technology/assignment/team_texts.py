"""The texts of the reasons about consortia: English, way out, Chinese, way out. See `texts`."""

from __future__ import annotations

from collections.abc import Mapping

Sentences = tuple[str, ...]

# code: what is so and the way out, in English and in Chinese; the ways out may be empty
_TEXTS: Mapping[str, tuple[str, str, str, str]] = {
    "nobody_scored": (
        "Demand {demand}: the ranking proposes no provider.",
        "Way out: rank again with more candidates, or describe the demand more fully.",
        "需求 {demand}：排序没有给出任何团队。",
        "出路：扩大候选范围重新排序，或补充需求描述。",
    ),
    "nobody_consents": (
        "Demand {demand}: none of the {count} proposed providers has agreed to be matched.",
        "Way out: ask them for their consent.",
        "需求 {demand}：所推荐的 {count} 个团队均未同意参与匹配。",
        "出路：征得其同意。",
    ),
    "all_in_conflict": (
        "Demand {demand}: all {count} proposed providers are in conflict ({kinds}).",
        "Way out: propose providers without ties to the owner or its competitors.",
        "需求 {demand}：所推荐的 {count} 个团队均存在利益冲突（{kinds}）。",
        "出路：推荐与需求方及其竞争者无关联的团队。",
    ),
    "trl_unreached": (
        (
            "Demand {demand} needs readiness level {needed}; the {count} proposed providers "
            "work at "
            "levels {lowest} to {highest}, and none comes within three levels."
        ),
        "Way out: split the work into stages or propose other providers.",
        (
            "需求 {demand} 要求成熟度 {needed} 级；所推荐的 {count} 个团队的成熟度为 {lowest} 至 "
            "{highest} 级，均不在三级之内。"
        ),
        "出路：分阶段立项，或推荐其他团队。",
    ),
    "deadline_short": (
        (
            "Demand {demand}: {months} months of work end on {earliest} at the earliest, after the "
            "deadline {deadline}."
        ),
        "Way out: a deadline from {earliest} on, or a shorter duration.",
        "需求 {demand}：工期 {months} 个月，最早于 {earliest} 完成，晚于期限 {deadline}。",
        "出路：期限不早于 {earliest}，或缩短工期。",
    ),
    "nobody_free": (
        (
            "Demand {demand}: none of the {count} proposed providers is free for {months} "
            "months in "
            "time."
        ),
        "Way out: a later deadline, a shorter duration, or providers that are free.",
        "需求 {demand}：所推荐的 {count} 个团队均无法按期空出 {months} 个月。",
        "出路：推迟期限、缩短工期，或选择有空档的团队。",
    ),
    "no_places": (
        "Demand {demand}: none of the {count} proposed providers takes on a project.",
        "Way out: ask them for a place or propose others.",
        "需求 {demand}：所推荐的 {count} 个团队均不再承接项目。",
        "出路：请其腾出名额，或推荐其他团队。",
    ),
    "months_short": (
        (
            "Demand {demand}: each member's share is {needed} person-months, and none of the "
            "{count} "
            "proposed providers has more than {found}."
        ),
        "Way out: more members, less work, or larger teams.",
        (
            "需求 {demand}：每个成员需投入 {needed} 人月，而所推荐的 {count} 个团队最多只有 "
            "{found} "
            "人月。"
        ),
        "出路：增加成员数、减少工作量，或选择更大的团队。",
    ),
    "nobody_in_region": (
        "Demand {demand}: none of the {count} proposed providers works in {region}.",
        "Way out: drop the region or propose providers there.",
        "需求 {demand}：所推荐的 {count} 个团队均不在 {region} 开展工作。",
        "出路：取消地区要求，或推荐当地团队。",
    ),
    "currency_differs": (
        "Demand {demand}: all {count} proposed providers ask in another currency.",
        "Way out: state budget and prices in one currency.",
        "需求 {demand}：所推荐的 {count} 个团队的报价币种均与预算不同。",
        "出路：预算与报价采用同一币种。",
    ),
    "all_banned": (
        "Demand {demand}: all {count} proposed providers are banned.",
        "Way out: lift a ban.",
        "需求 {demand}：所推荐的 {count} 个团队均被禁用。",
        "出路：解除其中一项禁用。",
    ),
    "skill_missing": (
        (
            "Demand {demand} needs {skill} at level {needed}; the best of its candidates has level "
            "{found}."
        ),
        "Way out: lower the level, make the skill optional, or propose other providers.",
        "需求 {demand} 要求 {skill} 达到 {needed} 级，候选团队最高为 {found} 级。",
        "出路：降低级别、改为非必需，或推荐其他团队。",
    ),
    "lead_missing": (
        "Demand {demand}: no candidate is of the kind that must lead ({kind}).",
        "Way out: let another kind lead or propose such a provider.",
        "需求 {demand}：候选中没有可担任牵头单位的类型（{kind}）。",
        "出路：允许其他类型牵头，或推荐该类团队。",
    ),
    "cover_too_large": (
        "Demand {demand}: its skills and lead take {needed} members, and {most} are allowed.",
        "Way out: allow {needed} members or ask for less.",
        "需求 {demand}：要满足技能与牵头要求需要 {needed} 个成员，而最多允许 {most} 个。",
        "出路：允许 {needed} 个成员，或减少要求。",
    ),
    "members_few": (
        "Demand {demand} asks for at least {needed} members and has {found} candidates.",
        "Way out: fewer members or more candidates.",
        "需求 {demand} 至少需要 {needed} 个成员，候选只有 {found} 个。",
        "出路：减少成员数，或增加候选。",
    ),
    "members_many": (
        "Demand {demand} asks for at least {needed} members; consortia have at most {found}.",
        "Way out: divide the demand.",
        "需求 {demand} 至少需要 {needed} 个成员，而联合体最多 {found} 个。",
        "出路：拆分需求。",
    ),
    "partners_quarrel": (
        "Demand {demand}: every consortium that covers it has members that exclude each other.",
        "Way out: propose providers that may work together.",
        "需求 {demand}：凡能满足要求的联合体，其成员之间都相互回避。",
        "出路：推荐可以合作的团队。",
    ),
    "budget_low": (
        (
            "Demand {demand}: the cheapest consortium that covers it ({members}) asks "
            "{cheapest_minor} {currency}, the budget is {budget_minor} {currency}."
        ),
        "Way out: a budget of {cheapest_minor} {currency} or fewer required skills.",
        (
            "需求 {demand}：能满足要求的最便宜联合体（{members}）报价 {cheapest_minor} {currency}，"
            "预算为 {budget_minor} {currency}。"
        ),
        "出路：预算不低于 {cheapest_minor} {currency}，或减少必需技能。",
    ),
    "rules_together": (
        (
            "Demand {demand}: of {scored} proposed providers {left} pass all rules, and these "
            "make no "
            "consortium. Kept away by rule: {kept_away}."
        ),
        "Way out: see which rule, once gone, would let it in.",
        (
            "需求 {demand}：所推荐的 {scored} 个团队中有 {left} 个通过全部规则，但无法组成联合体。"
            "各规则排除数：{kept_away}。"
        ),
        "出路：参见放开哪条规则即可满足。",
    ),
    "pin_banned": (
        "Demand {demand} is pinned to {provider}, and a ban keeps it from it.",
        "Way out: lift the ban or remove the pin.",
        "需求 {demand} 被指定给 {provider}，同时又被禁用。",
        "出路：解除禁用，或取消指定。",
    ),
    "pin_unfit": (
        "Demand {demand} is pinned to {provider}, which fails these rules: {rules}.",
        "Way out: remove the pin or what it fails.",
        "需求 {demand} 被指定给 {provider}，但后者未通过以下规则：{rules}。",
        "出路：取消指定，或消除不符之处。",
    ),
    "pins_many": (
        "Demand {demand} has {pins} pins and takes at most {most} members.",
        "Way out: remove pins or allow more members.",
        "需求 {demand} 有 {pins} 项指定，而成员最多 {most} 个。",
        "出路：减少指定，或允许更多成员。",
    ),
    "pins_quarrel": (
        "Demand {demand} is pinned to providers that exclude each other: {providers}.",
        "Way out: keep one of the pins.",
        "需求 {demand} 被指定给相互回避的团队：{providers}。",
        "出路：只保留其中一项指定。",
    ),
    "pins_overbook": (
        "Provider {provider} is pinned to {pins} demands ({demands}) and takes on {places}.",
        "Way out: remove pins or add places.",
        "团队 {provider} 被指定给 {pins} 项需求（{demands}），而最多承接 {places} 项。",
        "出路：减少指定，或增加名额。",
    ),
    "pins_months": (
        (
            "Provider {provider}: its pins ({demands}) take at least {needed} person-months, "
            "it has "
            "{found}."
        ),
        "Way out: remove pins or allow larger consortia.",
        "团队 {provider}：其指定（{demands}）至少需要 {needed} 人月，而只有 {found} 人月。",
        "出路：减少指定，或允许更大的联合体。",
    ),
    "pins_compete": (
        "Provider {provider} is pinned to demands of competing owners: {demands}.",
        "Way out: keep one of the pins.",
        "团队 {provider} 被指定给相互竞争的需求方：{demands}。",
        "出路：只保留其中一项指定。",
    ),
    "places_short": (
        "{demands} demands take {needed} places together and their candidates have {found}.",
        "Way out: more places or fewer demands.",
        "{demands} 项需求共需 {needed} 个名额，而候选团队合计只有 {found} 个。",
        "出路：增加名额，或减少需求。",
    ),
    "work_short": (
        "{demands} demands take {needed} person-months together and their candidates have {found}.",
        "Way out: more people or less work.",
        "{demands} 项需求共需 {needed} 人月，而候选团队合计只有 {found} 人月。",
        "出路：增加人力，或减少工作量。",
    ),
    "not_all_at_once": (
        (
            "Of {demands} demands that could each be answered as asked, no plan answers more than "
            "{most} at once: they compete for the same providers."
        ),
        "Way out: more places, a lower floor, or fewer demands.",
        "{demands} 项需求单独都可满足，但任何方案最多同时满足 {most} 项：它们争用同一批团队。",
        "出路：增加名额、降低下限，或减少需求。",
    ),
    "not_all_found": (
        "{demands} demands were not answered as asked; that they cannot be is not proved.",
        "Way out: more seconds, a lower floor or more places.",
        "有 {demands} 项需求未按要求满足，但未证明其不可能。",
        "出路：延长求解时间、降低下限，或增加名额。",
    ),
    "pin_dropped": (
        "Relaxed: the pin of demand {demand} to {provider} was dropped.",
        "",
        "已放宽：取消需求 {demand} 对 {provider} 的指定。",
        "",
    ),
    "floor_unserved": (
        "Relaxed: demand {demand} has no answer, the floor was {floor}.",
        "",
        "已放宽：需求 {demand} 未安排，下限为 {floor}。",
        "",
    ),
    "floor_missed": (
        "Relaxed: demand {demand} reaches {got}, the floor was {floor}.",
        "",
        "已放宽：需求 {demand} 达到 {got}，低于下限 {floor}。",
        "",
    ),
    "binding": (
        (
            "Without the rule “{rule}” alone, demand {demand} would be answered by {members} with "
            "score {score}."
        ),
        "Way out: relax this rule.",
        "仅放开“{rule}”，需求 {demand} 即可由 {members} 承担，得分 {score}。",
        "出路：放宽该规则。",
    ),
    "binding_together": (
        (
            "No single rule keeps demand {demand} out; without these together it would be "
            "answered: "
            "{rules}."
        ),
        "Way out: relax all of them.",
        "需求 {demand} 并非受单一规则限制；同时放开以下规则才可满足：{rules}。",
        "出路：同时放宽上述规则。",
    ),
    "places_held": (
        "The best consortium for demand {demand} ({members}) is held by {holders}.",
        "Way out: more places for these providers or a pin.",
        "需求 {demand} 的最佳联合体（{members}）已被 {holders} 占用。",
        "出路：为这些团队增加名额，或使用指定。",
    ),
    "not_worth": (
        "A consortium is free for demand {demand}; its score less charges is not above zero.",
        "Way out: lower the charges, or rank more providers.",
        "需求 {demand} 有可用的联合体，但其得分扣减后不大于零。",
        "出路：降低扣减，或推荐更多团队。",
    ),
}

TEAMS: Mapping[str, Mapping[str, Sentences]] = {
    code: {
        "en": tuple(sentence for sentence in texts[:2] if sentence),
        "zh-CN": tuple(sentence for sentence in texts[2:] if sentence),
    }
    for code, texts in _TEXTS.items()
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "score": "proposed by the ranking",
        "consent": "consent",
        "conflict": "conflicts of interest",
        "trl": "readiness level",
        "deadline": "deadline",
        "window": "free time of the provider",
        "capacity": "capacity of the provider",
        "region": "region",
        "budget": "budget",
        "ban": "ban",
        "skills": "required skills",
        "lead": "kind of the lead",
        "size": "number of members",
        "partners": "members that exclude each other",
        "pins": "pins",
        "floor": "floor",
        "loads": "places held by other demands",
        "competition": "service to competitors",
        "own": "own organisation",
        "excluded": "excluded by the owner",
        "organisation": "organisation",
        "person": "person",
        "competitor": "competitor",
    },
    "zh-CN": {
        "score": "排序推荐",
        "consent": "同意参与",
        "conflict": "利益冲突",
        "trl": "成熟度",
        "deadline": "期限",
        "window": "团队空档",
        "capacity": "团队能力",
        "region": "地区",
        "budget": "预算",
        "ban": "禁用",
        "skills": "必需技能",
        "lead": "牵头类型",
        "size": "成员数",
        "partners": "成员相互回避",
        "pins": "指定",
        "floor": "下限",
        "loads": "名额被其他需求占用",
        "competition": "同时服务竞争者",
        "own": "同一单位",
        "excluded": "需求方排除",
        "organisation": "单位",
        "person": "人员",
        "competitor": "竞争者",
    },
}
